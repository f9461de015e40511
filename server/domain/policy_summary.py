"""A policy sheet told in sentences, in Chinese or English: who files, who approves, when things are due."""

from collections.abc import Collection, Iterable
from datetime import time
from enum import Enum

from server.domain.policy import AccessRule, DueRow, Policy
from server.domain.policy_requests import ApprovalRow, ApprovalStep
from server.domain.reasons import Language
from server.domain.wordings import WORDS

_SAYS: dict[str, tuple[str, str]] = {
    "approval": (
        "{rule} {secrecy}·{modes}{when}：{steps}；{filing}",
        "{rule} {secrecy}, {modes}{when}: {steps}; {filing}",
    ),
    "step": ("{approvers}审批{instead}", "approved by {approvers}{instead}"),
    "then": ("，再由", ", then "),
    "when": ("（{what}）", " ({what})"),
    "instead": ("（其本人申请或代办时：{roles}）", " (when that post asks or files: {roles})"),
    "filing": (
        "申请人：本人（{oneself}），代本部门（{department}），代任何人（{anyone}）",
        "filed for oneself by {oneself}; for the own department by {department}; for anyone by {anyone}",
    ),
    "never": ("{rule} {secrecy}：不得利用", "{rule} {secrecy}: never used"),
    "close": (
        "{rule} {secrecy}·{modes}：当日 {close} 前归还{firm}",
        "{rule} {secrecy}, {modes}: back by close of business, {close}{firm}",
    ),
    "hours": (
        "{rule} {secrecy}·{modes}：{hours} 小时内归还{firm}",
        "{rule} {secrecy}, {modes}: back within {hours} h{firm}",
    ),
    "firm": ("，审批不得延长", ", no approval extends it"),
    "unless": ("，审批另有规定的除外", ", unless the approval says otherwise"),
    "registration": (
        "R09 直接借阅：{by}登记；{posts}；{secrecy}·{modes}",
        "R09 standing registration: by {by}; for {posts}; {secrecy}, {modes}",
    ),
    "orders": ("R02 勤务令：{by}下达", "R02 duty orders: by {by}"),
    "seal": ("R17 用印须列明：{needs}", "R17 a request for seal use names: {needs}"),
    "documents": ("文件", "the documents"),
    "impressions": ("用印次数", "the number of impressions"),
    "pin": ("R20 须输入密码：{what}", "R20 the PIN is needed for: {what}"),
    "two": ("R20 须两人先后刷卡：{what}（{seconds} 秒内）", "R20 two persons' badges, within {seconds} s: {what}"),
    "duress": (
        "R20 密码末位加一：照常开柜并暗中报警",
        "R20 the PIN with its last digit one higher opens and alarms silently",
    ),
    "offline": (
        "R20 断网时可凭预先授权开柜：{hours} 小时内，每柜至多 {most} 项，仅限秘密及以下，不含印章",
        "R20 without the server: by grants given before, for {hours} h, {most} a cabinet, secret and below, no seals",
    ),
    "schedule": ("R20 {before}–{after} 之外{off}开柜报警", "R20 openings outside {before} to {after}{off} are alarmed"),
    "off_days": ("及非办公日", " or on days off"),
    "foreign": (
        "R20 {minutes} 分钟内同一柜机刷无人登记的卡 {badges} 次报警",
        "R20 {badges} badges that nobody has at one cabinet within {minutes} min are alarmed",
    ),
    "all": ("全部", "all"),
    "nobody": ("无", "nobody"),
    "nothing": ("无", "nothing"),
}


def summary(policy: Policy, language: Language) -> tuple[str, ...]:
    """Tell the sheet's main rules, one sentence each, in the order of the sheet."""
    teller = _Teller(policy, language)
    return (*teller.approvals(), *teller.dues(), *teller.others())


class _Teller:
    """Words the rows of one sheet in one language."""

    def __init__(self, policy: Policy, language: Language) -> None:
        self._policy = policy
        self._column = 0 if language == "zh" else 1
        self._comma = ("、", ", ")[self._column]

    def approvals(self) -> Iterable[str]:
        for level, rule in self._policy.secrecy.items():
            if len(rule.modes) < 2:
                yield self._say("never", rule=rule.rule, secrecy=self._words([level]))
        for row in self._policy.approval:
            filing = self._policy.filing[row.filing]
            yield self._say(
                "approval",
                rule=row.rule,
                secrecy=self._words(row.secrecy),
                modes=self._words(row.modes),
                when=self._when(row),
                steps=self._say("then").join(self._step(step) for step in row.chain),
                filing=self._say(
                    "filing",
                    oneself=self._words(filing.for_self),
                    department=self._words(filing.for_department),
                    anyone=self._words(filing.for_anyone),
                ),
            )

    def _step(self, step: ApprovalStep) -> str:
        instead = self._say("instead", roles=self._words(step.instead)) if step.instead else ""
        return self._say("step", approvers=self._words(step.approvers), instead=instead)

    def _when(self, row: ApprovalRow) -> str:
        """Say what narrows a row: categories, grades, the applicant's posts, kinds of items."""
        said = [self._comma.join(sorted(words)) for words in (row.categories, row.grades) if words]
        said += [self._words(words) for words in (row.posts, row.kinds) if words]
        return self._say("when", what=self._comma.join(said)) if said else ""

    def dues(self) -> Iterable[str]:
        return (self._due(row) for row in self._policy.due)

    def others(self) -> Iterable[str]:
        policy, seal = self._policy, self._policy.seal_use
        registration = policy.registration
        yield self._say(
            "registration",
            by=self._words(registration.by),
            posts=self._words(registration.posts),
            secrecy=self._words(registration.secrecy),
            modes=self._words(registration.modes),
        )
        yield self._say("orders", by=self._words(policy.orders.by))
        asked = (("documents", seal.require_documents), ("impressions", seal.require_impressions))
        needs = [self._say(what) for what, is_needed in asked if is_needed]
        yield self._say("seal", needs=self._comma.join(needs) or self._say("nothing"))
        groups = (policy.access.pin_for_kinds, policy.access.pin_for_secrecy)
        what = [self._words(words) for words in groups if words]
        yield self._say("pin", what=self._comma.join(what) or self._say("nothing"))
        two = policy.access.two_persons_for_secrecy
        if two:
            yield self._say("two", what=self._words(two), seconds=str(policy.access.second_person_seconds))
        if policy.access.duress_pin:
            yield self._say("duress")
        if hours := policy.access.offline_hours:
            yield self._say("offline", hours=str(hours), most=str(policy.access.offline_most))
        yield from self._remarks(policy.access)

    def _remarks(self, rule: AccessRule) -> Iterable[str]:
        """Say what is told of although a door opens, or none does."""
        if (rule.alarm_before, rule.alarm_after, rule.alarm_off_days) != (time.min, time.max, False):
            off = self._say("off_days") if rule.alarm_off_days else ""
            yield self._say("schedule", before=f"{rule.alarm_before:%H:%M}", after=f"{rule.alarm_after:%H:%M}", off=off)
        if rule.foreign_badges:
            yield self._say("foreign", badges=str(rule.foreign_badges), minutes=str(rule.foreign_minutes))

    def _due(self, row: DueRow) -> str:
        return self._say(
            "hours" if row.hours else "close",
            rule=row.rule,
            secrecy=self._words(row.secrecy),
            modes=self._words(row.modes),
            hours=str(row.hours),
            close=f"{self._policy.office.close:%H:%M}",
            firm=self._say("unless" if row.replaceable else "firm"),
        )

    def _words(self, words: Collection[Enum]) -> str:
        """List words in the order of the vocabulary."""
        if not words:
            return self._say("nobody")
        every = list(type(next(iter(words))))
        if set(words) == set(every):
            return self._say("all")
        return self._comma.join(WORDS[word.value][self._column] for word in every if word in words)

    def _say(self, key: str, **filled: str) -> str:
        return _SAYS[key][self._column].format(**filled)
