"""The names of the forms in which a chapter leaves as a paper."""

from enum import StrEnum


class PaperForm(StrEnum):
    """As addresses and commands name them."""

    DOCX = "docx"
    REDLINE = "redline"
    COMPILATION = "compilation"
    BRACKETED = "bracketed"
    HTML = "html"
    MARKDOWN = "md"
    TEXT = "txt"
    JSON = "json"
    AKOMA_NTOSO = "akn"
