"""A term of the glossary that is a message by itself is translated alike everywhere, whatever its capitals."""

from __future__ import annotations

import shutil

import pytest

from region_profiles.catalogs.messages import _ALONE, ROOT, faults, glossary, languages, read, texts


def copied(language, folder, before, after):
    """The language's catalog with one text changed."""
    text = (ROOT / language / "strata.po").read_text("utf-8")
    assert before in text
    (folder / language).mkdir()
    (folder / language / "strata.po").write_text(text.replace(before, after, 1), "utf-8")
    shutil.copy(ROOT / language / "glossary.csv", folder / language)
    return list(faults(language, folder))


@pytest.mark.parametrize(("context", "code", "term"), _ALONE)
def test_the_check_names_terms_and_messages_that_there_are_and_that_english_says_alike(context, code, term):
    (text,) = texts(read(ROOT / "en" / "strata.po")[context, code])
    assert text.casefold() == glossary("en")[term].casefold()


@pytest.mark.parametrize(
    ("language", "context", "code", "term"),
    [("de", "column", "home_store", "home store"), ("ja", "dimension", "lifecycle", "lifecycle")],
)
def test_another_word_than_the_glossarys_is_refused(language, context, code, term, tmp_path):
    head = f'msgctxt "{context}"\nmsgid "{code}"\nmsgstr "'
    found = copied(language, tmp_path, head, f"{head}X")
    wanted = glossary(language)[term]
    assert f"{language}: {(context, code)} is X{wanted}, in glossary.csv {term} is {wanted}" in found


def test_capitals_are_no_fault(tmp_path):
    assert glossary("fr")["home store"] == "magasin de rattachement"
    head = 'msgctxt "column"\nmsgid "home_store"\nmsgstr "'
    found = copied("fr", tmp_path, f"{head}Magasin", f"{head}magasin")
    assert not [fault for fault in found if "home store" in fault]


def test_every_language_has_the_terms_that_are_looked_for():
    lacking = [(one, term) for one in languages() for _, _, term in _ALONE if not glossary(one).get(term)]
    assert lacking == []
