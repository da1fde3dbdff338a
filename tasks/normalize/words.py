"""Short names of countries as people write them, which neither ISO 3166 nor CLDR's long names have.

CLDR knows most of them as short variants, which Babel leaves out. England, Scotland and the like are parts of their
state. A name stands here once, in lower case; where two languages share it they mean the same country.
"""

from __future__ import annotations

_NAMES = {
    "AE": "uae|u.a.e.|emirates|vae|eau|الإمارات|阿联酋|アラブ首長国",
    "AU": "úc|オーストラリア|豪州",
    "BA": "bosnia|bosnien",
    "CD": "dr congo|drc",
    "CI": "ivory coast",
    "CZ": "czech republic|tschechische republik",
    "EG": "مصر",
    "GB": "uk|u.k.|great britain|england|scotland|wales|northern ireland|großbritannien|grande-bretagne|gran bretaña|"
    "gran bretagna|grã-bretanha|engeland|inglaterra|inghilterra|angleterre|anglia|anh|ingiltere|великобритания|"
    "велика британія|англия|بريطانيا|英国|英國|イギリス|영국",
    "HK": "hong kong|hongkong|中国香港|香港|ホンコン|홍콩",
    "IR": "iran",
    "KP": "north korea|nordkorea",
    "KR": "korea|south korea|republic of korea|südkorea|корея|한국|대한민국|韓国|韩国|韓國",
    "LA": "laos",
    "MK": "macedonia|mazedonien",
    "MM": "burma",
    "MO": "macau|macao|中国澳门|澳门|澳門|マカオ",
    "NL": "holland|the netherlands",
    "PS": "palestine",
    "RU": "russia|россия|русия",
    "SA": "saudi|ksa|السعودية|沙特",
    "SY": "syria",
    "TR": "turkey|türkei|turquie|turquía|turchia",
    "TW": "taiwan|台湾|台灣|臺灣|中国台湾|대만",
    "TZ": "tanzania",
    "US": "usa|u.s.a.|u.s.|america|amerika|united states of america|ee. uu.|ee.uu.|eeuu|eua|vs|abd|"
    "états-unis d'amérique|mỹ|hoa kỳ|сша|сащ|америка|أمريكا|الولايات المتحدة|アメリカ|米国|美国|美國|미국",
    "VA": "vatican",
    "VE": "venezuela",
    "VN": "vietnam|viet nam|việt nam",
}
#: Name in lower case -> ISO 3166 alpha-2.
COUNTRY_WORDS = {word: code for code, words in _NAMES.items() for word in words.split("|")}
