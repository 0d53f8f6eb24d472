"""The rules for text: folding, slugs, and what may be stored."""

import sys
import unicodedata

import pytest

from maquette.model import text


class TestFold:
    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("Straße", "STRASSE"),
            ("ÅNGSTRÖM", "ångström"),
            ("ＦＵＬＬ width", "full WIDTH"),  # full-width letters
            ("ﬁle", "FILE"),  # a ligature
            ("e\u0301", "\u00e9"),  # composed and decomposed
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ],
    )
    def test_spellings_of_one_word_fold_to_one_text(self, left: str, right: str) -> None:
        """Case, width, ligatures and composition make no difference."""
        assert text.fold(left) == text.fold(right)

    @pytest.mark.parametrize(("left", "right"), [("resume", "résumé"), ("Muller", "Müller"), ("ı", "i")])
    def test_accents_count(self, left: str, right: str) -> None:
        """A letter with an accent is another letter."""
        assert text.fold(left) != text.fold(right)


class TestMarks:
    @pytest.mark.parametrize("mark", ["\u0301", "\u0345", "\u0344", "\u0f73", "\uff9e"])
    @pytest.mark.parametrize("before", [0, 1, 29, 30, 31, 1_000])
    def test_more_than_thirty_in_a_row_are_refused(self, mark: str, before: int) -> None:
        """Wherever they stand: folding a row takes as long as the square of its length."""
        allowed, refused = "é" * before + mark * text.MAX_MARKS, "é" * before + mark * (text.MAX_MARKS + 1)
        assert (False, True) == (text.has_too_many_marks(allowed + "é"), text.has_too_many_marks(refused + "é"))
        assert text.TOO_MANY_MARKS == text.description_problem(refused)
        assert None is text.description_problem(allowed)

    def test_a_name_with_too_many_is_refused(self) -> None:
        """As a description is."""
        assert text.TOO_MANY_MARKS == text.name_problem("a" + "\u0301\u0316" * 16)

    @pytest.mark.parametrize(
        "written", ["Ti\u1ebf\u0301ng Vi\u1ec7t" * 20, "\u0928\u092e\u0938\u094d\u0924\u0947" * 40, "a\u0301" * 200]
    )
    def test_what_people_write_is_welcome(self, written: str) -> None:
        """However many marks there are in all."""
        assert not text.has_too_many_marks(written)

    def test_nothing_else_becomes_marks(self) -> None:
        """Of all characters that are taken apart, the first part counts."""
        hidden = [
            each
            for each in map(chr, range(sys.maxunicode + 1))
            if not unicodedata.combining(each) and unicodedata.combining(unicodedata.normalize("NFKD", each)[0])
        ]
        assert sorted(text._MADE_OF_MARKS) == hidden


class TestSlugify:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Website Redesign", "website-redesign"),
            ("  --Hello,   World!--  ", "hello-world"),
            ("Ünïcode Größe", "unicode-grosse"),
            ("Москва 2025", "moskva-2025"),
            ("東京", "dongjing"),
            ("A/B_c.d", "a-b-c-d"),
            ("!!!", "project"),
            ("", "project"),
        ],
    )
    def test_a_name_in_any_script_becomes_ascii(self, name: str, slug: str) -> None:
        """Lower-case ASCII letters, digits and single hyphens are left; `project` where nothing is."""
        assert text.slugify(name) == slug

    def test_a_long_name_is_cut_without_a_hyphen_at_its_end(self) -> None:
        """The slug has at most 100 characters, and the cut leaves no hyphen behind."""
        assert text.slugify("a" * 99 + " " + "b" * 50) == "a" * 99

    @pytest.mark.parametrize("name", ["Website Redesign", "Größe", "東京", "!!!", "x" * 300, "a" * 99 + " b"])
    def test_what_it_makes_passes_the_rule_for_explicit_slugs(self, name: str) -> None:
        """A made slug could have been given explicitly."""
        assert text.slug_problem(text.slugify(name)) is None


class TestNumbered:
    def test_the_number_stands_behind_a_hyphen(self) -> None:
        """The second of a name is `-2`."""
        assert text.numbered("site", 2) == "site-2"

    def test_a_full_slug_gives_way_to_its_number(self) -> None:
        """The whole still has at most 100 characters, with one hyphen before the number."""
        assert text.numbered("a" * 97 + "-bc", 10) == "a" * 97 + "-10"
        assert len(text.numbered("a" * 100, 123)) == 100


class TestNameProblem:
    @pytest.mark.parametrize("name", ["x", "x" * 255, "Ünïcode ✓ 東京 👩‍🎨", "a:b/c\\d'\"", "\u202ertl"])
    def test_ordinary_names_pass(self, name: str) -> None:
        """Any script, any punctuation, up to 255 characters."""
        assert text.name_problem(name) is None

    @pytest.mark.parametrize("name", ["", "x" * 256, "a\nb", "a\tb", "a\x00b", "a\x7fb", "a\x85b", "a\ud800b"])
    def test_what_can_t_be_a_name_is_told(self, name: str) -> None:
        """Nothing, too much, control characters, NUL and lone surrogates are refused."""
        assert text.name_problem(name) is not None

    def test_these_are_the_control_characters_and_surrogates_of_unicode(self) -> None:
        """Every one of them, and no other character."""
        refused = {code for code in range(sys.maxunicode + 1) if text.name_problem(chr(code))}
        unwanted = {code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cs")}
        assert unwanted == refused

    def test_length_counts_characters_not_bytes(self) -> None:
        """255 characters of four bytes each are still 255."""
        assert text.name_problem("👍" * 255) is None


class TestDescriptionProblem:
    @pytest.mark.parametrize("description", ["", "two\nlines\r\n\tand a tab", "x" * 10_000])
    def test_lines_and_tabs_are_welcome(self, description: str) -> None:
        """A description may be empty, hold several lines, and have 10,000 characters."""
        assert text.description_problem(description) is None

    @pytest.mark.parametrize("description", ["x" * 10_001, "a\x00", "a\x0b", "a\x1b[31m", "\udfff"])
    def test_what_can_t_be_a_description_is_told(self, description: str) -> None:
        """Too much, other control characters and lone surrogates are refused."""
        assert text.description_problem(description) is not None


class TestColorProblem:
    @pytest.mark.parametrize("color", ["#abc", "#ABC", "#1a2B3c"])
    def test_hex_colours_pass(self, color: str) -> None:
        """Three or six digits, in any case."""
        assert text.color_problem(color) is None

    @pytest.mark.parametrize(
        "color", ["", "abc", "#ab", "#abcd", "#abcdefg", "#ggg", "red", "#abc\n", " #abc", "#ａｂｃ"]
    )
    def test_everything_else_is_told(self, color: str) -> None:
        """Names, other lengths, other digits and surrounding white space are refused."""
        assert text.color_problem(color) is not None


class TestSlugProblem:
    @pytest.mark.parametrize("slug", ["a", "0", "a-b", "x" * 100, "2025-plan-1"])
    def test_plain_slugs_pass(self, slug: str) -> None:
        """Lower-case letters, digits, and single hyphens between them, up to 100 characters."""
        assert text.slug_problem(slug) is None

    @pytest.mark.parametrize("slug", ["", "A", "a--b", "-a", "a-", "a b", "a_b", "ä", "x" * 101, "a\n"])
    def test_everything_else_is_told(self, slug: str) -> None:
        """Capitals, other characters and stray hyphens are refused."""
        assert text.slug_problem(slug) is not None
