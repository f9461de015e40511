"""The rule book as one table: every rule of the company, where it is decided, and where a person meets it.

Law 1: a row names only what is there: `topic:function` of `server/domain/`, `service/topic:function` of another
layer, `sheet:section` of the policy sheet; a page (`/loans`) or a call (`POST:/api/v1/requests`).
Law 2: every rule has a test that acts as a person or a station does; `docs/rules.md` is made of these rows and the
tests found by name, and cannot say anything else.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `decided` and `met` are words parted by spaces, a call written `POST:/api/v1/requests`."""

    id: str
    zh: str
    en: str
    decided: str
    met: str


RULES = (
    Rule(
        "R01",
        "申请、审批、领取、归还，逐步留痕，事由必填",
        "request, approval, taking, return: each step recorded; a purpose is mandatory",
        "approvals:judge_request approvals:purpose_reasons approvals:REQUEST_LIFE holds:judge_hold sheet:filing",
        "/requests/new /requests/{number} /items/{code} POST:/api/v1/requests POST:/api/v1/items/{code}/holds",
    ),
    Rule(
        "R02",
        "持有效授权方可领取：审批、直接借阅登记、勤务令、应急处置",
        "only with authority in force: an approval, a standing rule, a duty order, an emergency act",
        "authorities:line_reasons movements:settle orders:judge_order emergencies:judge_emergency sheet:orders",
        "/movements /alarms /authorities /emergencies POST:/api/v1/orders POST:/api/v1/emergencies",
    ),
    Rule(
        "R03",
        "阅览、借阅、复印、用印各自审批，互不替代",
        "reading, loan, photocopy, seal use: an approval for one mode covers no other",
        "policy:Policy.mode_reasons authorities:line_reasons exits:judge_leaving sheet:modes",
        "/requests/new POST:/api/v1/requests",
    ),
    Rule(
        "R04",
        "原件不出公司；外出仅限经批准登记的影印件",
        "originals never leave the premises; outside goes a registered copy with approval",
        "approvals:judge_request loans:overdue_alarms exits:judge_leaving sheet:requests sheet:due",
        "/loans/{number} /requests/new POST:/api/v1/requests",
    ),
    Rule(
        "R05",
        "原件当日下班前归还，审批另有规定的除外；多个期限取最早",
        "an original is back by close of business; of several limits the earliest wins",
        "loans:due_moment loans:overdue_alarms office:Office sheet:due sheet:office",
        "/loans /alarms GET:/api/v1/loans",
    ),
    Rule(
        "R06",
        "绝密不调阅、不借出",
        "top secret is not retrieved, consulted or lent",
        "policy:Policy.mode_reasons sheet:secrecy",
        "/requests/new POST:/api/v1/requests",
    ),
    Rule(
        "R07",
        "机密仅限档案室内阅览",
        "confidential is read in the records room only",
        "policy:Policy.mode_reasons exits:judge_leaving sheet:secrecy sheet:approval",
        "/requests/new POST:/api/v1/requests",
    ),
    Rule(
        "R08",
        "秘密须总经理或分管副总批准，至多四小时",
        "secret needs the general manager or the deputy in charge, and at most 4 hours",
        "approvals:judge_decision loans:due_moment sheet:approval sheet:due",
        "/requests/{number} /loans POST:/api/v1/requests/{number}/approve",
    ),
    Rule(
        "R09",
        "普通：领导直接借阅；其他人由部门经理申请、总经办主任批准",
        "ordinary: leaders borrow straight; for others their manager files and the head of the office approves",
        "approvals:judge_request approvals:judge_decision orders:judge_registration sheet:filing sheet:registration",
        "/requests/new POST:/api/v1/requests POST:/api/v1/registrations",
    ),
    Rule(
        "R10",
        "书面委托，限范围与期限；任何人不得审批本人申请",
        "delegation in writing, within scope and dates; nobody approves their own request",
        "delegations:judge_delegation delegations:void_reasons approval_steps:post_reasons sheet:delegates",
        "/delegations /requests/{number} POST:/api/v1/delegations POST:/api/v1/requests/{number}/approve",
    ),
    Rule(
        "R11",
        "归还须核对完整，缺失则借阅不办结",
        "completeness is checked on return; a shortfall keeps the loan open",
        "loans:judge_check lending:LENDING_LIFE sheet:returns",
        "/loans/{number}/check /loans/{number} POST:/api/v1/loans/{number}/check",
    ),
    Rule(
        "R12",
        "影印须批准，逐份登记编号、收回、核对后办结",
        "copies are approved, numbered, come back, are checked, and only then closed",
        "approvals:judge_request copies:judge_copies copies:keeps_open loans:overdue_alarms sheet:lending",
        "/requests/new /copies /loans/{number} POST:/api/v1/items/{code}/copies",
    ),
    Rule(
        "R13",
        "常用文件可备常用影印件，按影印件规定借出",
        "a standing copy of a frequently used document is lent under the copy rules",
        "copies:judge_copies approval_steps:rows_of sheet:approval sheet:lending",
        "/requests/new /copies POST:/api/v1/items/{code}/copies POST:/api/v1/requests",
    ),
    Rule(
        "R14",
        "不得擅自转借；转交须另行批准并登记",
        "nothing is passed on but by a recorded transfer with an approval of its own",
        "approvals:judge_request handovers:judge_handover seals:judge_passing sheet:handovers sheet:lending",
        "/items/{code} /seals/{code} POST:/api/v1/handovers POST:/api/v1/seals/{code}/keeper",
    ),
    Rule(
        "R15",
        "每月五日前向总经理报送未归还清单",
        "by the 5th the general manager has the list of what is out",
        "duties:wanted duties:last_office_day service/reporting/unreturned:collect sheet:duty",
        "/reports /reports/{name} /duties POST:/api/v1/reports/{name} GET:/api/v1/reports/{name}/file",
    ),
    Rule(
        "R16",
        "破损上报并及时修复，修复跟踪至办结",
        "damage is reported on return; a repair is tracked until closed",
        "repairs:judge_report repairs:judge_close entrusted:limit_reasons sheet:lending",
        "/repairs /loans/{number} POST:/api/v1/items/{code}/repairs",
    ),
    Rule(
        "R17",
        "用印申请列明文件与次数，用印登记齐全",
        "a request for seal use names documents and impressions; the register keeps each use",
        "approvals:judge_request seals:judge_use seals:judge_entry sheet:seal_use sheet:lending",
        "/requests/new /seals /seals/{code} POST:/api/v1/requests POST:/api/v1/items/{code}/uses",
    ),
    Rule(
        "R18",
        "每件物品任一时刻只有一种保管状态，不臆测责任人",
        "each item is in exactly one custody state at each moment, and nobody is guessed",
        "custody:fold movements:settle searches:judge_search",
        "/items/{code} /cases /loans/{number} GET:/api/v1/items/{code}/history POST:/api/v1/loans/{number}/claim",
    ),
    Rule(
        "R19",
        "客户托管印章与原件凭单收取、限委托使用、签收交还",
        "what customers entrust is receipted, used within its mandate, listed for them, handed back signed",
        "entrusted:limit_reasons entrusted:judge_receipt entrusted:judge_hand_back sheet:lending",
        "/entrusted /entrusted/{code} POST:/api/v1/entrusted POST:/api/v1/entrusted/{code}/hand-back",
    ),
    Rule(
        "R20",
        "柜门上锁，授权者方可开启，每次开启记名",
        "cabinets are locked; only authorised people open them; each opening is recorded with the person",
        "access:may_open scopes:outside sheet:access",
        "/places/{station}/{door} /alarms",
    ),
    Rule(
        "R21",
        "每柜两套钥匙；使用备用钥匙须即告档案主管",
        "two key sets; use of the spare is told to the records manager at once",
        "keysets:match keysets:judge_holding keysets:judge_declaration sheet:lending",
        "/keys POST:/api/v1/key-uses POST:/api/v1/key-sets",
    ),
    Rule(
        "R22",
        "违规开启或查阅立即报警，调查至有结论",
        "unlawful access, to cabinets or to information, is alarmed at once and investigated to a conclusion",
        "alarms:alarm_for_opening alarms:ALARM_LIFE alarms:judge_act "
        "service/people/information:WATCHES sheet:information",
        "/alarms /alarms/{number} /looks POST:/api/v1/alarms/{number}/close GET:/api/v1/looks",
    ),
    Rule(
        "R23",
        "库房与柜体定期检查，逾期提示",
        "store and cabinets are inspected at intervals; overdue inspections are flagged",
        "duties:wanted checkups:judge_points checkups:judge_close sheet:duty sheet:oversight",
        "/checkups /checkups/{number} /duties POST:/api/v1/checkups GET:/api/v1/duties",
    ),
    Rule(
        "R24",
        "应急预案：风险评估、演练、事件清单，逾期提示",
        "emergency plan: risks, drills, a checklist per incident; overdue ones flagged",
        "duties:wanted checkups:answered checkups:judge_close sheet:duty sheet:oversight",
        "/checkups /checkups/{number} /duties POST:/api/v1/checkups POST:/api/v1/checkups/{number}/answers",
    ),
    Rule(
        "R30",
        "档号唯一、可配置、不重用、不断号",
        "record numbers are unique, by configurable scheme, never reused, without gaps",
        "record_numbers:series_for service/records/record_numbers:begin service/records/record_numbers:cancel "
        "sheet:keeping",
        "/keeping GET:/api/v1/record-numbers POST:/api/v1/record-numbers POST:/api/v1/items",
    ),
    Rule(
        "R31",
        "分类与检索",
        "categories, and search by number, name, category, industry, size, region, grade",
        "contents:category_reasons service/records/item_search:conditions sheet:keeping",
        "/items /customers GET:/api/v1/items GET:/api/v1/categories GET:/api/v1/customers",
    ),
    Rule(
        "R32",
        "临时卷按期转正式卷，合同按期移交归档，逾期提示",
        "temporary files become formal ones in time; contracts are handed over and filed in time",
        "filing:due_us filing:judge_event service/records/filing:record_event sheet:keeping",
        "/items/{code}/record /keeping /duties POST:/api/v1/items/{code}/filing GET:/api/v1/filings",
    ),
    Rule(
        "R33",
        "按季、按年收集公司档案，未交者列明",
        "company records are collected quarterly and yearly; what did not arrive is listed",
        "contents:original_reasons service/records/collecting:hand_in sheet:duty sheet:keeping",
        "/keeping /duties GET:/api/v1/collections POST:/api/v1/collections/arrivals",
    ),
    Rule(
        "R34",
        "卷内目录与应有文件，缺者列明",
        "contents lists; what a file should hold and lacks is shown",
        "contents:missing service/records/contents:list_contents sheet:keeping",
        "/items/{code}/record /items/{code} GET:/api/v1/items/{code}/contents",
    ),
    Rule(
        "R35",
        "修改留痕，可见先前状态",
        "each change keeps what, who and when; the earlier state can be seen",
        "service/records/record_changes:keep_changes service/records/record_changes:as_of "
        "service/records/records:patch_record",
        "/items/{code}/record PATCH:/api/v1/items/{code} GET:/api/v1/items/{code}/as-of",
    ),
    Rule(
        "R36",
        "档案定期复核，逾期提示",
        "files are reviewed at intervals; overdue reviews are flagged",
        "service/records/file_reviews:review service/records/file_reviews:unannounced sheet:duty",
        "/items/{code}/record /keeping /duties GET:/api/v1/reviews POST:/api/v1/items/{code}/reviews",
    ),
    Rule(
        "R37",
        "客户分级；查看或调整分级、信用档案须专门审批",
        "customer grades; seeing or changing a grade or credit file needs an approval of its own",
        "customers:covering customers:judge_credit customers:judge_credit_decision customers:judge_grade sheet:keeping",
        "/customers/{number} /credit-requests POST:/api/v1/credit-requests PUT:/api/v1/customers/{number}/control-plan",
    ),
    Rule(
        "R38",
        "敏感信息加密存放、按需遮蔽",
        "sensitive fields are encrypted at rest and masked by role",
        "customers:judge_unmasking service/customers/sealed:record_unmasking service/customers/vault:Vault "
        "sheet:keeping",
        "/customers/{number} POST:/api/v1/customers/{number}/unmask POST:/api/v1/customers/lookup",
    ),
    Rule(
        "R39",
        "定期备份、异地存放、试恢复",
        "regular backups in a second place, tried; one before bulk changes",
        "service/backups:Backups service/imports/import_run:Importer store/backup:restored "
        "sweep/backing:Backing sheet:backups",
        "/backups GET:/api/v1/backups POST:/api/v1/backups",
    ),
    Rule(
        "R40",
        "按角色授权，最小权限，可按部门、类别、密级、柜限定",
        "roles decide who does what; rights are the least needed and can be narrowed",
        "service/people/rights:RIGHTS scopes:outside fitness:fitness_reasons scopes:judge_scope clearance:judge_change",
        "/people/{username} PUT:/api/v1/people/{username}/scope PATCH:/api/v1/people/{username}",
    ),
    Rule(
        "R41",
        "调岗即调权",
        "rights change with the post, at once",
        "clearance:judge_change service/people/people:rights_changed",
        "/people/{username} PATCH:/api/v1/people/{username} POST:/api/v1/people/{username}/badges/withdraw",
    ),
    Rule(
        "R42",
        "权限定期复核，逾期提示",
        "rights are reviewed at intervals; overdue reviews are flagged",
        "breaches:judge_review duties:wanted sheet:people sheet:duty",
        "/rights /duties GET:/api/v1/rights POST:/api/v1/rights/{username}/review",
    ),
    Rule(
        "R43",
        "离职清退：未清不放行，清退收回一切权限",
        "a leaver is not cleared while anything is open; clearing withdraws everything",
        "clearance:judge_clearance clearance:tie_reasons",
        "/people/{username}/clearance POST:/api/v1/people/{username}/clearance",
    ),
    Rule(
        "R44",
        "培训记录与有效期，可作为权限条件",
        "training is recorded with its expiry; a right can need it",
        "training:training_reasons fitness:fitness_reasons access:may_open sheet:people",
        "/people/{username} /duties GET:/api/v1/training POST:/api/v1/training",
    ),
    Rule(
        "R45",
        "违规记入责任人并留结果",
        "breaches are recorded against the answerable person",
        "breaches:judge_breach breaches:judge_outcome",
        "/people/{username} GET:/api/v1/breaches POST:/api/v1/breaches",
    ),
    Rule(
        "R50",
        "定期盘点，差异说明并签认，逾期提示",
        "stocktakes at intervals: differences explained and signed off; overdue ones flagged",
        "stocktakes:count stocktakes:is_difference stocktakes:judge_signing sheet:stocktakes sheet:duty",
        "/stocktakes /stocktakes/{number} /duties POST:/api/v1/stocktakes/{number}/close"
        " POST:/api/v1/stocktakes/{number}/sign GET:/api/v1/stocktakes/{number}/report",
    ),
    Rule(
        "R51",
        "保管期满提请鉴定，不自行销毁",
        "what reaches its end is proposed for appraisal, never destroyed",
        "retention:end_of retention:obstacles retention:judge_appraisal sweep/retention:Retention sheet:retention",
        "/disposal GET:/api/v1/appraisals POST:/api/v1/appraisals/{number}/decide POST:/api/v1/disposal-holds",
    ),
    Rule(
        "R52",
        "销毁清册经主任审核、总经理批准",
        "destruction: list, review by the head, approval by the general manager",
        "destruction:DESTRUCTION_LIFE destruction:judge_filing destruction:judge_decision sheet:destruction",
        "/disposal /disposal/lists/{number} POST:/api/v1/destructions POST:/api/v1/destructions/{number}/approve",
    ),
    Rule(
        "R53",
        "监销人逐件扫描确认，销毁清册永久保存",
        "a witness confirms each item; the register is kept",
        "destruction:judge_witnesses destruction:judge_confirmation destruction:judge_act sheet:destruction",
        "/disposal/lists/{number} POST:/api/v1/destructions/{number}/confirm GET:/api/v1/destruction-register",
    ),
    Rule(
        "R54",
        "程序之外任何人不得销毁、移除、核销",
        "nobody destroys or writes off outside that process",
        "retention:obstacles orders:judge_order service/disposal/lifetimes:leave"
        " store/migrations/versions/0007_disposal:upgrade",
        "/disposal POST:/api/v1/destructions/{number}/carry-out",
    ),
    Rule(
        "R60",
        "审计记录不可悄然篡改",
        "an audit trail that cannot be altered unnoticed covers every act",
        "ledger:verify ledger:entry_hash merkle:MerkleTree service/cabinet/rejudging:Rejudge",
        "/ledger GET:/api/v1/ledger GET:/api/v1/ledger/export",
    ),
    Rule(
        "R61",
        "审计人员只读、限期、限范围，查阅留痕",
        "auditors read only, for a time and a scope, recorded",
        "scopes:entry_reasons scopes:judge_scope service/people/rights:ASKED_OF_AUDITORS sheet:people",
        "/looks /people/{username} GET:/api/v1/looks PUT:/api/v1/people/{username}/scope",
    ),
    Rule(
        "R62",
        "半年与年度统计及趋势",
        "half-yearly and yearly statistics and trends",
        "duties:wanted service/reporting/figures:count service/reporting/statistics:statistics sheet:duty",
        "/reports /reports/{name} /duties POST:/api/v1/reports/{name} GET:/api/v1/reports/{name}/file",
    ),
    Rule(
        "R63",
        "意见受理、分派、办结",
        "feedback is taken in, assigned and closed",
        "feedback:judge_assign feedback:judge_answer sheet:oversight sheet:duty",
        "/feedback POST:/api/v1/feedback POST:/api/v1/feedback/{number}/answer",
    ),
    Rule(
        "R64",
        "定期评估规则执行情况",
        "periodic evaluation of how well the rules work",
        "service/reporting/figures:count service/reporting/statistics:evaluation sheet:duty",
        "/reports /reports/{name} POST:/api/v1/reports/{name} POST:/api/v1/lessons",
    ),
    Rule(
        "R65",
        "跨部门或对外共享须另行申请批准",
        "sharing is a request of its own with scope and approval",
        "approvals:judge_request approval_steps:post_reasons sheet:approval sheet:requests",
        "/requests/new /requests/{number} POST:/api/v1/requests",
    ),
    Rule(
        "R66",
        "与客户系统对接，导入并保持一致",
        "files link to customers of CRM systems, kept in step",
        "service/customers/crm:CrmReader service/customers/customers:upsert_customer "
        "service/customers/customers:mark_gone",
        "/imports /start GET:/api/v1/crm POST:/api/v1/imports",
    ),
)
