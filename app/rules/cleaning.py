"""The one cleaning of texts that somebody typed, pasted or sent in a file: what nobody can see goes.

A character without a look of its own can turn a line around, hide a text in another one, or make two names
out of one. What joins emoji, or the letters of Persian and the scripts of India, stays where it does so.
"""

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Unicode's control characters (Cc) but tab and line feed, format characters (Cf) and surrogates (Cs); what it
# calls "default ignorable"; what is no character; and the blank of braille, which looks like nothing at all.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_LOOKS = "\ufe0e\ufe0f"  # after a sign: as text, as emoji
_JOINING = re.compile(f"[{_NON_JOINER}{_JOINER}{_LOOKS}]")
_IN_KEYCAP, _KEYCAP = "0123456789#*", "\u20e3"
_FIRST_SYMBOL = "\u2190"
_EMOJI_TOO = "\u203c\u2049\u3030\u303d"  # signs that count as punctuation, and have a look as emoji
_VIRAMA = 9  # the combining class of the sign that joins letters in the scripts of India
# Arabic letters that join on to the next one, where a non-joiner shows (Unicode's ArabicShaping.txt).
_JOINS_ON = re.compile(
    "[\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf"
    "\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]"
)
_ARABIC = re.compile("[\u0620-\u063f\u0641-\u064a\u066e-\u06d3\u06ee\u06ef\u06fa-\u06ff]")


def clean(text: str) -> str:
    """The text as Proeve keeps it: composed letters (NFC), line ends as one character, nothing unseen."""
    if text.isascii() and text.isprintable():
        return text
    seen = _UNSEEN.sub("", _LINE_END.sub("\n", unicodedata.normalize("NFC", text)))
    return unicodedata.normalize("NFC", _joined(seen) if _JOINING.search(seen) else seen)


def _joined(text: str) -> str:
    """The text, with what joins characters only where it joins two that can be joined."""
    kept: list[str] = []
    for at, char in enumerate(text):
        if not _JOINING.match(char) or (kept and _may_stand(char, kept, text[at + 1 : at + 2])):
            kept.append(char)
    return "".join(kept)


def _may_stand(char: str, before: list[str], after: str) -> bool:
    last = before[-1]
    if char in _LOOKS:
        return _is_emoji(last) or (last in _IN_KEYCAP and after == _KEYCAP)
    if unicodedata.combining(last) == _VIRAMA:
        return after.isalpha()
    if char == _JOINER:
        sign = before[-2] if last in _LOOKS else last
        return _is_emoji(sign) and _is_emoji(after)
    return bool(_JOINS_ON.match(last) and _ARABIC.match(after))


def _is_emoji(char: str) -> bool:
    """Whether this is a sign that emoji are made of: a symbol, or the colour of a skin."""
    if char in _EMOJI_TOO:
        return char != ""
    return char >= _FIRST_SYMBOL and unicodedata.category(char) in {"So", "Sm", "Sk"}
