"""The pages about people: their forms do what the API does, and say why not."""

from server.domain.words import Role
from server.service.context import Writing
from server.service.lending.notices import holders_of, tell

from .conftest import Reader
from .office import Office


def test_the_security_administrator_changes_a_post_narrows_rights_and_withdraws_a_badge(office: Office) -> None:
    sec = Reader(office, "sec")
    told = {"role": "archivist", "department": "档案室", "active": "yes", "note": "调岗"}
    assert sec.post("/people/wang/post", **told) == (303, "/people/wang")
    assert sec.post("/people/wang/scope", categories="合同、其他", until="2026-12-31", secrecy="ordinary")[0] == 303
    _, page = sec.get("/people/wang")
    assert "合同" in page
    assert "2026-12-31" in page
    assert sec.post("/people/wang/badges/withdraw")[0] == 303
    assert "已收回" in sec.get("/people/wang")[1]
    status, page = sec.post("/people/sec/post", role="archivist")
    assert (status, "R40" in page) == (403, True)
    assert sec.post("/people/wang/scope", until="someday")[0] == 422
    assert Reader(office, "chen").post("/people/wang/post", role="archivist")[0] == 403


def test_training_breaches_reviews_and_clearance_by_form(office: Office) -> None:
    sec, chen, ma = Reader(office, "sec"), Reader(office, "chen"), Reader(office, "qian")
    assert chen.post("/people/wang/training", subject="security", expires="2026-12-31") == (303, "/people/wang")
    assert "安全保密" in Reader(office, "wang").get("/people/wang")[1]
    assert ma.post("/people/wang/breaches", rule="r14", what="涂写")[0] == 303
    assert ma.post("/breaches/1/conclude", person="wang", outcome=" ")[0] == 403
    assert ma.post("/breaches/1/conclude", person="wang", outcome="赔偿")[0] == 303
    assert "赔偿" in ma.get("/people/wang")[1]
    assert ma.post("/people/wang/breaches", rule="no", what="x")[0] == 422
    assert sec.post("/rights/wang/review", said="confirmed", note="") == (303, "/rights")
    assert "已确认保留" in sec.get("/rights")[1]
    assert sec.post("/people/wang/clearance", note="离职") == (303, "/people/wang/clearance")
    assert "清退" in sec.get("/people/wang/clearance")[1]
    status, page = sec.post("/people/sec/clearance", note="")
    assert (status, "R40" in page) == (403, True)


def test_a_notice_is_marked_as_read_by_whom_it_is_for(office: Office) -> None:
    def told(work: Writing) -> None:
        tell(work, holders_of(work.session, [Role.REQUESTER]), "delegated", "1")

    office.do("chen", told)
    li, wang = Reader(office, "li"), Reader(office, "wang")
    assert "标为已读" in wang.get("/notices")[1]
    assert li.post("/notices/1/read")[0] == 404
    assert wang.post("/notices/1/read") == (303, "/notices")
    assert "标为已读" not in wang.get("/notices")[1]
