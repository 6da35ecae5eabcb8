"""What the pages are made of; each draws one part of a page from rows of `data`."""
