"""The company: forty people, eight cabinets, two thousand files, six seals; drawn by a seed, copied from nobody."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from labels.codes import TOKENS, new_code
from server.domain.words import Role

SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛范彭鲁韦马苗凤花方"
)
_GIVEN: Final = """
    文 婷 志远 晓燕 建国 秀英 海涛 丽娜 子轩 雨桐 国强 敏 静 磊 洋
    艳 勇 娟 涛 明辉 霞 鹏 桂兰 浩然 思琪 俊杰 欣怡 一鸣 佳 博
"""
_PINYIN: Final = """
    zhao qian sun li zhou wu zheng wang feng chen chu wei jiang
    shen han yang zhu qin xu he lv shi zhang kong cao yan
    hua jin wei tao jiang qi xie zou yu bai shui dou zhang
    yun su pan ge fan peng lu wei ma miao feng hua fang
"""
_PLACES: Final = """
    东湖 西岭 南浦 北辰 青枫 白鹭 云栖 石桥 柳湾 梅溪
    竹山 兰台 松岗 长汀 平远 安和 明月 清河 高塘 双溪
"""
_TRADES: Final = """
    机电设备 建筑材料 精密铸造 食品加工 纺织科技 物流运输
    环保工程 医疗器械 软件服务 园林绿化 包装印刷 新能源
"""
GIVEN, PLACES, TRADES = _GIVEN.split(), _PLACES.split(), _TRADES.split()
PINYIN: Final = dict(zip(SURNAMES, _PINYIN.split(), strict=True))
DEPARTMENTS: Final = ("销售部", "采购部", "工程部", "财务部", "人事部", "法务部")
POSTS: Final = (
    (Role.GENERAL_MANAGER, "总经办", 1),
    (Role.DEPUTY_GENERAL_MANAGER, "总经办", 2),
    (Role.HEAD_OF_OFFICE, "总经办", 1),
    (Role.RECORDS_MANAGER, "档案室", 1),
    (Role.ARCHIVIST, "档案室", 2),
    (Role.KEEPER, "档案室", 1),
    (Role.DIRECTOR, "工程部", 1),
    (Role.DIRECTOR, "销售部", 1),
    (Role.INTERNAL_AUDITOR, "审计部", 1),
    (Role.SYSTEM_ADMIN, "信息部", 1),
    (Role.SECURITY_ADMIN, "信息部", 1),
    (Role.AUDIT_ADMIN, "信息部", 1),
)
CABINETS: Final = (
    ("c1", "合同柜(一)", "合同"),
    ("c2", "合同柜(二)", "合同"),
    ("c3", "客户档案柜(一)", "企业"),
    ("c4", "客户档案柜(二)", "个人"),
    ("c5", "工程档案柜", "交易"),
    ("c6", "人事档案柜", "公司"),
    ("c7", "综合档案柜", "公司"),
    ("c8", "印章柜", "印章"),
)
DOORS: Final = 4
SEALS: Final = ("公司公章", "合同专用章", "财务专用章", "发票专用章", "法定代表人名章", "人事专用章")
FORMS: Final = ("有限公司", "股份有限公司", "合作社", "商行", "厂")
PAPERS: Final[dict[str, tuple[str, ...]]] = {
    "合同": ("采购合同", "销售合同", "服务合同", "租赁合同", "保密协议", "框架协议"),
    "企业": ("企业客户基本信息", "资质与证照", "往来函件", "信用评估"),
    "个人": ("个人客户基本信息", "委托书", "服务记录", "投诉与反馈"),
    "交易": ("竣工资料", "验收报告", "付款凭证", "设计变更"),
    "公司": ("会议纪要", "规章制度", "劳动合同", "年度总结", "审计底稿", "董事会决议"),
}
SECRECY: Final = (("ordinary", 88), ("secret", 8), ("confidential", 3), ("top_secret", 1))


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the sales department knows them."""

    number: str
    name: str
    industry: str
    region: str
    grade: str


def people(rng: random.Random, password: str) -> list[dict[str, Any]]:
    """Draw forty people, each post filled, every department with its manager."""
    posts: list[tuple[Role, str]] = [(role, where) for role, where, n in POSTS for _ in range(n)]
    posts += [(Role.DEPARTMENT_MANAGER, name) for name in DEPARTMENTS]
    posts += [(Role.REQUESTER, DEPARTMENTS[n % len(DEPARTMENTS)]) for n in range(40 - len(posts))]
    names = _names(rng)
    made = []
    for number, (role, department) in enumerate(posts, 1):
        name = next(names)
        made.append(
            {
                "username": f"{PINYIN[name[0]]}{number:02d}",
                "name": name,
                "role": role,
                "department": department,
                "password": password,
                "badges": [f"{0x0F00A00000 + number:010X}"],
            }
        )
    return made


def customers(rng: random.Random, count: int = 120) -> list[Customer]:
    """Draw customers."""
    names = sorted({f"{a}{b}{c}" for a in PLACES for b in TRADES for c in FORMS})
    drawn = rng.sample(names, count)
    return [
        Customer(f"KH{n:04d}", name, _trade(name), rng.choice(PLACES), rng.choices("ABC", (3, 6, 1))[0])
        for n, name in enumerate(drawn, 1)
    ]


def items(rng: random.Random, files: int, known: list[Customer]) -> list[dict[str, Any]]:
    """Draw the files of every cabinet and the six seals, each with its tag and printed code."""
    codes = (new_code(token) for token in rng.sample(range(TOKENS), files + len(SEALS)))
    rows = [_file(rng, next(codes), n, known) for n in range(1, files + 1)]
    for n, name in enumerate(SEALS, 1):
        about = {"kind": "seal", "title": name, "secrecy": "ordinary", "category": "印章", "department": "总经办"}
        rows.append(
            {
                "code": next(codes),
                **about,
                "place": f"c8/{(n - 1) % DOORS + 1}",
                "epc": f"E28011910000{0xF000 + n:012X}",
            }
        )
    return rows


def _file(rng: random.Random, code: str, n: int, known: list[Customer]) -> dict[str, Any]:
    name, _, category = CABINETS[(n - 1) % (len(CABINETS) - 1)]
    paper, year = rng.choice(PAPERS[category]), rng.randint(2019, 2025)
    about = rng.choice(known).name if category != "公司" else rng.choice(DEPARTMENTS)
    department = (
        rng.choice(DEPARTMENTS) if category == "公司" else {"合同": "法务部", "交易": "工程部"}.get(category, "销售部")
    )
    return {
        "code": code,
        "kind": rng.choices(("file", "document", "box"), (90, 7, 3))[0],
        "title": f"{about} {paper} {year}",
        "secrecy": rng.choices([word for word, _ in SECRECY], [n for _, n in SECRECY])[0],
        "category": category,
        "department": department,
        "record_number": f"{category}·{year}-{n:04d}",
        "parts": rng.choice((1, 1, 1, 2, 3)),
        "pages": rng.randint(4, 180),
        "place": f"{name}/{rng.randint(1, DOORS)}",
        "epc": f"E28011910000{n:012X}",
    }


def _names(rng: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        name = rng.choice(SURNAMES) + rng.choice(GIVEN)
        if name not in seen:
            seen.add(name)
            yield name


def _trade(name: str) -> str:
    return next(trade for trade in TRADES if trade in name)
