"""The paper: any script, one page, the same bytes, no markup from people, known fonts."""

import hashlib
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.certificates import printing
from app.certificates.printing import certificate_pdf, certificate_pictures
from app.certificates.schemas import CertificateView, SkillShown

FONTS = Path(printing.__file__).parent / "fonts"
AT = datetime(2027, 1, 9, 12, tzinfo=UTC)
NAMES = {
    "Latin": "Nguyễn Thị Ánh",
    "Arabic": "محمد عبد الرحمن الشافعي",
    "Persian": "پروین گچ‌پژ",
    "Urdu": "ڈاکٹر ٹیپو",
    "Chinese": "欧阳慧敏",
    "Japanese": "山田 はなこ",
    "Burmese": "ဒေါ်ခင်မြင့်",
    "Devanagari": "काठमाडौँ श्रेष्ठ",
    "Cyrillic": "Тәжібаева Айгүл",
    "Greek": "Ελένη Παπαδοπούλου",
    "Ethiopic": "አበበ በቀለ ታደሰ",
    "Bengali": "শেখ মুজিবুর",
    "Tamil": "முத்துலட்சுமி",
    "Sinhala": "කුමාර",
    "Thai": "สมชาย ใจดี",
    "Khmer": "សុខា",
    "Lao": "ສົມສັກ",
    "Georgian": "ნინო ბერიძე",
    "Armenian": "Արմեն",
    "Hebrew": "נועה לוי",
    "Thaana": "އަހުމަދު",
    "Mixed": "Amina أمينة 阿米娜",
}


def paper(person: str = "Ada Example", **facts: Any) -> CertificateView:
    """A certificate of this person."""
    return CertificateView(
        **{
            "code": "7K3M-9QXZ-T2VD",
            "state": "valid",
            "kind": "attendance",
            "kind_label": "Certificate of attendance",
            "person": person,
            "course": "Aseptic filling",
            "provider": "Training Centre",
            "provider_place": "Nairobi, Kenya",
            "place": "Nairobi, Kenya",
            "starts_on": date(2027, 1, 4),
            "ends_on": date(2027, 1, 6),
            "length": "3 days",
            "skills": skills(2),
            "result": None,
            "issued_on": date(2027, 1, 9),
            "valid_until": date(2029, 1, 9),
            "revoked_on": None,
            "url": "https://cadre.example/certificates/7K3M-9QXZ-T2VD",
            **facts,
        }
    )


def skills(count: int) -> tuple[SkillShown, ...]:
    """So many skills."""
    label = "Environmental monitoring of clean rooms"
    return tuple(
        SkillShown(id=str(n), label=f"{label} {n}", level=2, level_label="Supervised practice")
        for n in range(count)
    )


@pytest.mark.parametrize("script", NAMES)
def test_every_letter_has_a_font(script: str) -> None:
    """PDF/UA allows no empty box, so a file that says it is accessible has every letter."""
    pdf = certificate_pdf(paper(NAMES[script]), issued_at=AT)

    assert pdf.startswith(b"%PDF-")
    assert b"pdfuaid:part" in pdf


def test_a_script_without_a_font_is_printed_all_the_same() -> None:
    pdf = certificate_pdf(paper("ᠮᠣᠩᠭᠣᠯ"), issued_at=AT)

    assert pdf.startswith(b"%PDF-")
    assert b"pdfuaid:part" not in pdf


def test_a_certificate_is_the_same_bytes_every_time() -> None:
    first = certificate_pdf(paper(NAMES["Mixed"]), issued_at=AT)
    certificate_pdf(paper("Somebody Else"), issued_at=AT)

    assert certificate_pdf(paper(NAMES["Mixed"]), issued_at=AT) == first


def test_a_certificate_issued_within_a_second_is_printed() -> None:
    pdf = certificate_pdf(paper(NAMES["Mixed"]), issued_at=AT.replace(microsecond=123_456))

    assert pdf.startswith(b"%PDF-")


def test_another_process_prints_the_same_bytes() -> None:
    program = (
        "from tests.certificates.test_printing import AT, NAMES, paper\n"
        "from app.certificates.printing import certificate_pdf\n"
        "import hashlib\n"
        "pdf = certificate_pdf(paper(NAMES['Arabic']), issued_at=AT)\n"
        "print(hashlib.sha256(pdf).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    pdf = certificate_pdf(paper(NAMES["Arabic"]), issued_at=AT)
    assert done.stdout.strip() == hashlib.sha256(pdf).hexdigest()


@pytest.mark.parametrize("text", ["W" * 200, "Ada Lovelace " * 15, "欧" * 200, "محمد " * 40])
def test_the_longest_texts_stay_on_one_page(text: str) -> None:
    long = paper(text, course=text, provider=text, provider_place=text, skills=skills(40))

    assert len(certificate_pictures(long, ppi=20)) == 1


@pytest.mark.parametrize("name", ["#sys.inputs", "*Ada* _x_ $1$", '"], "x": [', '\\#read("/etc")'])
def test_what_people_write_is_never_markup(name: str) -> None:
    """Two names that typst would read alike as markup give two different pages."""
    plain = certificate_pictures(paper(re.sub(r"[^\w ]", "", name)), ppi=40)

    assert certificate_pictures(paper(name), ppi=40) != plain


def test_each_code_is_on_its_paper() -> None:
    one = certificate_pictures(paper(), ppi=40)
    other = paper(code="0000-0000-0000", url="https://cadre.example/certificates/0000-0000-0000")

    assert certificate_pictures(other, ppi=40) != one


def test_a_process_that_prints_nothing_does_not_load_the_printer() -> None:
    program = "import sys, app.main; assert 'typst' not in sys.modules"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_font_is_named_with_its_source() -> None:
    text = (FONTS / "SOURCES.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| (\S+\.ttf) \|.*\| ([0-9a-f]{64}) \|$", text, flags=re.M))

    assert named == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in FONTS.glob("*.ttf")
    }
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 8_000_000
