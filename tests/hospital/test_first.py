from our_side import communication, text_of


def test_smoke(site, hospital):
    answer = site.post(communication())
    print(answer.status_code, answer.text)
    assert answer.status_code == 202
    (reply,) = site.answers(1)
    print(reply)
    assert hospital.validate(reply) == []
