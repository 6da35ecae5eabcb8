"""In which language a customer is written to, and how amounts and dates are written there."""

from babel import Locale, UnknownLocaleError

from revops.domain.customer import Customer
from revops.domain.letter import LANGUAGES, Language

# Where nothing is preferred: the language of business letters in countries of one of ours (CLDR, official languages).
_OF_COUNTRY: dict[str, Language] = {
    **dict.fromkeys(("DE", "AT", "LI"), "de"),
    **dict.fromkeys(("FR", "MC"), "fr"),
    **dict.fromkeys(
        ("ES", "MX", "AR", "CO", "CL", "PE", "EC", "UY", "VE", "BO", "PY", "CR", "GT", "PA", "DO", "HN", "SV", "NI"),
        "es",
    ),
    **dict.fromkeys(("GB", "US", "IE", "AU", "NZ", "CA"), "en"),
}


def language_of(customer: Customer, default: Language) -> Language:
    """What they prefer, else their country's, else the company's own."""
    preferred = (customer.preferred_locale or "").replace("_", "-").split("-")[0].lower()
    for language in LANGUAGES:
        if preferred == language:
            return language
    return _OF_COUNTRY.get((customer.country or "").upper(), default)


def locale_of(customer: Customer, language: Language) -> str:
    """The locale of that language in their country, `de_AT`; the language alone where there is none such."""
    country = (customer.country or "").upper()
    if country:
        try:
            return str(Locale(language, territory=country))
        except (UnknownLocaleError, ValueError):
            return str(language)
    return str(language)
