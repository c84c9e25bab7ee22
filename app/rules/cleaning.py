"""The one cleaning of texts that somebody typed, pasted or sent in a file: what nobody can see goes.

A character without a look of its own can turn a line around, hide a text in another one, or make two names
out of one. What joins emoji, or the letters of Persian and the scripts of India, stays where it does so.
"""

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Unicode's control characters (Cc) but tab and line feed, format characters (Cf) and surrogates (Cs); what it
# calls "default ignorable"; what is no character; and the blank of braille, which looks like nothing at all.
UNSEEN = re.compile(
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
# The signs with a look as emoji (Extended_Pictographic in Unicode's emoji-data.txt); the colours of a skin.
_PICTURE = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685"
    "\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e"
    "\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c"
    "\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f"
    "\U0001f16c-\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5"
    "\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f23c-\U0001f23f\U0001f249-\U0001f3fa"
    "\U0001f400-\U0001f53d\U0001f546-\U0001f64f\U0001f680-\U0001f6ff\U0001f774-\U0001f77f"
    "\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f\U0001f848-\U0001f84f\U0001f85a-\U0001f85f"
    "\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a\U0001f93c-\U0001f945"
    "\U0001f947-\U0001faff\U0001fc00-\U0001fffd]"
)
_SKIN = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_VIRAMA = 9  # the combining class of the sign that joins letters in the scripts of India
_BLOCK = 128  # characters: each of these scripts has a block of its own
# Arabic letters that join on to the next one, where a non-joiner shows (Unicode's ArabicShaping.txt).
_JOINS_ON = re.compile(
    "[\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf"
    "\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]"
)
_JOINED_TO = re.compile(
    "[\u0620\u0622-\u063f\u0641-\u064a\u066e-\u0673\u0675-\u06d3\u06ee\u06ef\u06fa-\u06ff]"
)


def clean(text: str) -> str:
    """The text as Proeve keeps it: composed letters (NFC), line ends as one character, nothing unseen."""
    if text.isascii() and text.isprintable():
        return text
    seen = UNSEEN.sub("", _LINE_END.sub("\n", unicodedata.normalize("NFC", text)))
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
        return _is_picture(last) or (last in _IN_KEYCAP and after == _KEYCAP)
    if unicodedata.combining(last) == _VIRAMA:
        return after.isalpha() and len({ord(one) // _BLOCK for one in (*before[-2:], after)}) == 1
    if char == _JOINER:
        sign = before[-2] if last in _LOOKS and len(before) > 1 else last
        return (_is_picture(sign) or sign in _SKIN) and _is_picture(after)
    letter = next((one for one in reversed(before) if not unicodedata.combining(one)), "")
    return bool(_JOINS_ON.match(letter) and _JOINED_TO.match(after))


def _is_picture(char: str) -> bool:
    return bool(_PICTURE.match(char))
