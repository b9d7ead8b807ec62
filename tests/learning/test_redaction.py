"""What must go from a message before it is kept, and what must stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.learning.redaction import redact

REDACTED = [
    # e-mail, links, handles
    ("write to karen.smith+x@nhs.net please", "write to [email] please"),
    ("karen at gmail dot com is mine", "[email] is mine"),
    ("see https://a.example/b?c=1, is it true?", "see [link], is it true?"),
    ("I read it on www.example.org/bones.", "I read it on [link]."),
    ("facebook.com/karen.s says so", "[link] says so"),
    ("ask @karen_s about it", "ask [name] about it"),
    # telephone and other long numbers
    ("ring me on 07700 900123 please", "ring me on [number] please"),
    ("or 0113-243-2799", "or [number]"),
    ("or (0113) 2432799 after six", "or [number] after six"),
    ("+44 (0)7700 900 123 is my mobile", "[number] is my mobile"),
    ("01632.960.999 is the ward", "[number] is the ward"),
    ("my nhs number is 943 476 5919", "my nhs number is [number]"),
    ("my nhs is 943.476.5919", "my nhs is [number]"),
    ("NHS number 943.476.5919", "NHS number [number]"),
    ("ring me on 617.555.0123", "ring me on [number]"),
    ("call (617) 555.0123 after six", "call [number] after six"),
    ("my ssn is 123.45.6789", "my ssn is [number]"),
    ("husband john pietrowski has bone mets", "husband [name] has bone mets"),
    ("NHS no: 9434765919", "NHS no: [number]"),
    ("hospital number H1234567, scan?", "hospital number [number], scan?"),
    ("hospital no. 4471", "hospital no. [number]"),
    ("MRN 4471 here", "MRN [number] here"),
    ("national insurance QQ 12 34 56 C", "national insurance [number]"),
    ("policy number AX-99120", "policy number [number]"),
    ("patient RX1234567", "patient [number]"),
    # postcodes and addresses
    ("I am in LS9 7TF", "I am in [address]"),
    ("from ec1a 1bb", "from [address]"),
    ("near D02 X285 in Dublin", "near [address] in Dublin"),
    ("zip code 90210", "zip code [address]"),
    ("Boston MA 02115-1234", "Boston [address]"),
    ("i am at 12 elm gardens now", "i am at [address] now"),
    ("221b Baker Street", "[address]"),
    ("Flat 3, 14 High Street is mine", "[address] is mine"),
    ("7 Park Row is far", "[address] is far"),
    ("I live in Hexham, is there a clinic?", "I live in [address], is there a clinic?"),
    ("we moved to Mill Lane", "we moved to [address]"),
    # dates
    ("dob 12/03/1956", "dob [date]"),
    ("born on 12.3.56", "born on [date]"),
    ("DOB: 120356", "DOB: [date]"),
    ("since 2024-03-12", "since [date]"),
    ("on 3rd March 1956 it began", "on [date] it began"),
    ("it began on March 3, 2024.", "it began on [date]."),
    ("scan on 3 march", "scan on [date]"),
    ("next scan 5th may 2023", "next scan [date]"),
    ("next scan 5 May", "next scan [date]"),
    ("seen on 25/12", "seen on [date]"),
    # names
    ("my name is karen smith and i have bone mets", "my name is [name] and i have bone mets"),
    ("MY NAME IS KAREN SMITH", "MY NAME IS [name]"),
    ("my names karen, what is denosumab", "my names [name], what is denosumab"),
    ("his name is bronagh", "his name is [name]"),
    ("I'm Karen. Can I swim?", "I'm [name]. Can I swim?"),
    ("hi im priyanka, can i swim", "hi im [name], can i swim"),
    ("i am lindiwe", "i am [name]"),
    ("this is Oluwaseun here", "this is [name] here"),
    ("hello rose here, I'm rose", "hello rose here, I'm [name]"),
    ("a nurse called lindiwe", "a nurse called [name]"),
    ("Dr Patel said so", "Dr [name] said so"),
    ("dr mehta and mrs white said so", "dr [name] and mrs [name] said so"),
    ("Mr. J. R. Hartley, Ms A Jones", "Mr. J. R. [name], Ms A [name]"),
    ("Sister Grace and nurse Joy", "Sister [name] and nurse [name]"),
    ("Mr Okonkwo-Smith nailed it", "Mr [name] nailed it"),
    ("my husband dave has mets", "my husband [name] has mets"),
    ("I asked Susan and Will about it", "I asked [name] and [name] about it"),
    ("seen by consultant Tobias Ngata", "seen by consultant [name]"),
    ("Jaswinder's scan is clear", "[name]'s scan is clear"),
    ("my mum Siân O'Brien-Jones has mets", "my mum [name] has mets"),
    ("Can it be cured? Regards, Karen White", "Can it be cured? Regards, [name]"),
    ("can dad go there, ask Zoltan", "can dad go there, ask [name]"),
]

KEPT = [
    "I'm 71 and my mum is 93",
    "my T9 and L4 are gone, also T10-T12, C5 C6",
    "a L4 5mm lesion, and S1 3cm",
    "60-80 mg morphine, 120 mg of Xgeva, 4mg Zometa every 4 weeks",
    "vitamin D 50000 units, 50,000 IU, 10000 iu a week",
    "1000-1200 mg calcium",
    "MRI, CT, PSA 12.5, psa 1.2 3.4 5.6 and HER2, PSMA, FDG-avid, SUVmax 9.1",
    "pain 8/10 on 8/10 days, bp 120/80, on 1/2 tablet",
    "chemo 2019-2021, nail in 2020",
    "10 years down the road, 3 times in a row, a 20 minute drive",
    "it may 2 weeks, i may need 5 may be more",
    "in June, on Monday, or next May at Christmas",
    "is denosumab called xgeva? a drug called zometa, a cancer called myeloma",
    "Lynparza, Kisqali, Talazoparib or Paget's disease",
    "Denosomab or Xgiva, what are Bisphosphonates?",
    "this is awful, this is alot to take in",
    "i'm stuggling, im so tired, I'm scared",
    "my dr said radiotherapy, the nurse rang me, doctor told me, mr said no",
    "my sister has cancer and I miss my mum; I called the ward",
    "Will it hurt? May I drive? Mark my words. Grace is not what I need, hope is",
    "is olive oil ok? rosemary tea? a ruby red rash, a penny",
    "What Is The Best Treatment For Bone Mets",
    "HELP MY DAD HAS BONE METS AND DR SAYS RADIOTHERAPY",
    "Is Macmillan free? I'm Irish, he is Polish",
    "i have white cells low, a long bone, my hip is black and blue",
    "Mum's GP says CT. Dad's bones hurt. Who's next?",
    "Is the pain worse at night?",
]


@pytest.mark.parametrize("text, redacted", REDACTED)
def test_what_tells_who_someone_is_goes(text: str, redacted: str):
    assert redact(text) == redacted


@pytest.mark.parametrize("text", KEPT)
def test_what_the_question_needs_stays(text: str):
    assert redact(text) == text


@pytest.mark.parametrize("text", [text for text, _ in REDACTED])
def test_a_redacted_text_stays_as_it_is(text: str):
    assert redact(redact(text)) == redact(text)


PIECES = st.sampled_from(
    [text for text, _ in REDACTED] + KEPT + ["[name]", "[date]", "Dr", "I'm", "my name is", "Karen"]
)


@given(st.lists(PIECES | st.text(max_size=12), max_size=6).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_redaction_is_idempotent(text: str):
    once = redact(text)
    assert redact(once) == once


@given(
    st.sampled_from(["{}", "ring {} now", "my number is {}.", "({})"]),
    st.from_regex(r"\A0[1-9]{4}[ -]?[0-9]{6}\Z"),
)
@settings(max_examples=100, deadline=None)
def test_no_telephone_number_stays(sentence: str, number: str):
    assert not any(character.isdigit() for character in redact(sentence.format(number)))
