"""A language model behind `domain.language_model.WritesText`: Anthropic, OpenAI, or what speaks like OpenAI."""

from revops.connectors.language_model.model import LanguageModel, Service

__all__ = ["LanguageModel", "Service"]
