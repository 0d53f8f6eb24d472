"""Which values may a name, a description and a colour have? The other dialect's rules, which hold here too."""

NAMES = ["x", "ü" * 255, "😀" * 255, "a\u00a0b", "<script>", "'; DROP TABLE projects; --", "\u202eabc", "0", "null"]
TRIMMED = {
    "  spaced out ": "spaced out",
    "\n\tlines\n": "lines",
    "\u3000wide\u3000": "wide",
    " " + "x" * 255 + " ": "x" * 255,
}
NOT_NAMES = ["", "   ", "\n", "x" * 256, "😀" * 256, "a\0b", "a\nb", "a\tb", "a\x7fb", "a\x85b", "\x1b[31mred"]

DESCRIPTIONS = ["", " kept as it is \n", "tab\tand\r\nlines", "x" * 10_000, "😀" * 10_000]
NOT_DESCRIPTIONS = ["x" * 10_001, "a\0b", "a\x0bb", "a\x1bb", "a\x7fb", "a\x9fb"]

COLORS = ["#abc", "#ABC", "#AbC123", "#000000"]
NOT_COLORS = [
    "",
    "abc",
    "#ab",
    "#abcd",
    "#abcde",
    "#abcdef0",
    "#ggg",
    "red",
    " #abc",
    "#abc ",
    "#abc\n",
    "#٠٠٠",
    "rgb(0,0,0)",
]
