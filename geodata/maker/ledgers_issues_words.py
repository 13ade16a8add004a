"""Words of the ledger of issues: what is found of which category where, and how somebody calls it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Spot = Literal["building", "road", "water", "shop"]


class Kind(NamedTuple):
    """A category: how ledgers call it, what is found of it (its name, a sentence), and where."""

    words: tuple[str, ...]
    things: tuple[tuple[str, str], ...]
    spots: tuple[Spot, ...]


#: Category of the policy → what is found.
KINDS: Final = {
    "environment": Kind(
        ("环境卫生", "卫生"),
        (
            ("暴露垃圾", "路边有暴露垃圾"),
            ("暴露垃圾", "绿化带内有建筑垃圾"),
            ("垃圾分类", "垃圾桶满溢未清运"),
            ("垃圾分类", "投放点地面脏污"),
            ("环卫", "宅前屋后堆有杂物"),
        ),
        ("road", "building"),
    ),
    "order": Kind(
        ("市容秩序", "街面秩序"),
        (
            ("占道经营", "流动摊贩占道"),
            ("跨门营业", "店外堆放货物占用人行道"),
            ("乱张贴", "墙面有小广告"),
            ("户外广告", "店招破损"),
        ),
        ("shop", "road"),
    ),
    "traffic": Kind(
        ("交通停车", "停车"),
        (
            ("乱停车", "机动车停在消防通道口"),
            ("违停", "车辆占用人行道"),
            ("非机动车停放", "共享单车乱停"),
            ("违停", "路口视线被停放车辆挡住"),
        ),
        ("road", "building"),
    ),
    "ebike": Kind(
        ("电动自行车", "电动车"),
        (
            ("楼道充电", "电动自行车停在楼道内充电"),
            ("飞线充电", "住户从窗口拉线为电动自行车充电"),
            ("电动自行车充电", "电瓶拿回家中充电"),
            ("电动自行车违停", "门厅停满电动自行车"),
        ),
        ("building",),
    ),
    "fire": Kind(
        ("消防安全", "消防"),
        (
            ("楼道堆物", "楼道堆放纸箱和旧家具"),
            ("消防隐患", "灭火器过期"),
            ("消防隐患", "消防栓箱被遮挡"),
            ("消防通道", "安全出口指示灯不亮"),
        ),
        ("building",),
    ),
    "facilities": Kind(
        ("公共设施", "市政设施"),
        (
            ("路灯", "路灯不亮"),
            ("井盖", "窨井盖松动"),
            ("道路破损", "路面有坑洼"),
            ("设施损坏", "健身器材螺丝松动"),
            ("设施损坏", "小区道闸损坏"),
        ),
        ("road",),
    ),
    "building": Kind(
        ("房屋管理", "房屋"),
        (
            ("违法搭建", "天井内正在搭建阳光房"),
            ("违建", "屋后搭建彩钢棚"),
            ("群租", "疑似群租，隔间出租"),
            ("房屋安全", "外墙面砖脱落"),
        ),
        ("building",),
    ),
    "water": Kind(
        ("河道排水", "水务"),
        (
            ("河道漂浮物", "河面有漂浮物"),
            ("河道", "河坡堆放农业废弃物"),
            ("污水", "排口有污水流出"),
            ("积水", "排水沟淤塞积水"),
        ),
        ("water", "road"),
    ),
    "safety": Kind(
        ("公共安全", "安全"),
        (
            ("安全隐患", "电线垂落离地不足两米"),
            ("安全隐患", "窗台花盆有坠落危险"),
            ("安全生产", "小作坊无安全出口"),
            ("安全隐患", "液化气瓶放在室内"),
        ),
        ("building", "shop"),
    ),
    "dispute": Kind(
        ("矛盾纠纷", "纠纷"),
        (
            ("邻里纠纷", "楼上漏水引起争执"),
            ("邻里纠纷", "邻里因停车位发生争吵"),
            ("民事纠纷", "宅基地边界有分歧"),
            ("调解", "房屋租赁押金纠纷"),
        ),
        ("building",),
    ),
    "nuisance": Kind(
        ("扰民", "扰民"),
        (
            ("噪声扰民", "夜间装修噪声"),
            ("噪音", "广场舞音量过大"),
            ("养犬", "犬只未牵绳"),
            ("油烟", "餐饮店油烟影响居民"),
        ),
        ("building", "shop"),
    ),
    "service": Kind(
        ("民生服务", "民生"),
        (
            ("求助", "独居老人需要代买药品"),
            ("求助", "行动不便老人申请助餐"),
            ("咨询", "咨询医保报销手续"),
            ("困难帮扶", "残疾人家庭申请辅具"),
        ),
        ("building",),
    ),
    "other": Kind(
        ("其他", "其它"), (("其他问题", "居民反映其他事项"), ("其他", "待进一步了解的情况")), ("building", "road")
    ),
}
#: How often each is found in residential areas and in villages, relative to one another.
IN_TOWN: Final = {
    "environment": 20.0, "order": 9.0, "traffic": 14.0, "ebike": 6.0, "fire": 10.0, "facilities": 9.0, "building": 6.0,
    "water": 1.0, "safety": 5.0, "dispute": 6.0, "nuisance": 8.0, "service": 7.0, "other": 2.0,
}  # fmt: skip
IN_COUNTRY: Final = {
    "environment": 26.0, "order": 4.0, "traffic": 5.0, "ebike": 1.0, "fire": 5.0, "facilities": 10.0, "building": 12.0,
    "water": 17.0, "safety": 7.0, "dispute": 6.0, "nuisance": 3.0, "service": 8.0, "other": 2.0,
}  # fmt: skip
#: In February 2020 help and safety are asked for more, stalls and noise less.
IN_FEBRUARY: Final = {"service": 3.2, "safety": 2.2, "order": 0.4, "nuisance": 0.6, "traffic": 0.6}
FEBRUARY_THINGS: Final = {
    "service": (
        ("求助", "居家隔离家庭需要代买菜"),
        ("咨询", "返沪人员登记咨询"),
        ("求助", "独居老人需要口罩和药品"),
        ("服务", "居家观察户垃圾需单独收运"),
    ),
    "safety": (
        ("安全", "小区侧门无人值守"),
        ("安全隐患", "快递集中点人员聚集"),
        ("安全", "商铺未测温"),
        ("安全", "出租房有人员未登记"),
    ),
}
#: How readily each is settled on the spot, and how readily a department is needed.
ON_THE_SPOT: Final = {
    "environment": 1.5, "order": 1.4, "traffic": 1.3, "ebike": 0.6, "fire": 1.1, "facilities": 0.25, "building": 0.1,
    "water": 0.5, "safety": 0.8, "dispute": 0.8, "nuisance": 1.1, "service": 1.5, "other": 1.0,
}  # fmt: skip
BY_DEPARTMENT: Final = {
    "environment": ("城市运行管理中心",),
    "order": ("市场监督管理所", "城市运行管理中心"),
    "traffic": ("派出所", "城市建设管理办公室"),
    "ebike": ("消防救援站", "派出所"),
    "fire": ("消防救援站",),
    "facilities": ("城市建设管理办公室", "城市运行管理中心"),
    "building": ("房屋管理所", "城市建设管理办公室"),
    "water": ("水务管理站",),
    "safety": ("平安建设办公室", "派出所"),
    "dispute": ("司法所",),
    "nuisance": ("派出所", "市场监督管理所"),
    "service": ("社区事务受理服务中心", "社会事业发展办公室"),
    "other": ("城市运行管理中心",),
}
NEED_DEPARTMENT: Final = {"facilities": 4.0, "building": 4.0, "water": 3.0, "safety": 2.0, "fire": 1.5, "dispute": 0.5}

#: Deliberations came of issues: words of the topic → category and what was reported.
ASKED: Final = {
    "停车位重新划线": ("traffic", "停车位划线模糊，车辆乱停"),
    "老旧楼道粉刷": ("building", "楼道墙面剥落，小广告多"),
    "河边步道照明": ("facilities", "河边步道没有照明"),
    "垃圾投放点移位": ("environment", "垃圾投放点离住户太近，有异味"),
    "健身点加装座椅": ("facilities", "健身点没有座椅"),
    "宅前屋后小三园": ("environment", "宅前屋后杂乱，围栏破损"),
    "村道会车点": ("traffic", "道路狭窄，会车困难"),
    "加装电梯意见征集": ("service", "高层老人上下楼不便，希望加装电梯"),
    "广场舞音量与时段": ("nuisance", "广场舞音量过大"),
    "犬只文明饲养公约": ("nuisance", "犬只未牵绳，犬粪未清理"),
    "晾衣架统一安装": ("order", "公共绿地拉绳晾衣"),
    "排水沟清淤": ("water", "排水沟淤塞，雨后积水"),
    "快递柜选址": ("service", "快递堆放门口，希望设快递柜"),
}
#: What the shed of 金湾 came of.
SHED_SENTENCE: Final = "多个楼道内停放电动自行车并充电，车棚老旧、车位和充电口不足"

CHANNELS: Final = ("网格巡查", "居民反映", "12345热线", "入户走访")
#: Why an issue is void.
VOID_REASONS: Final = ("误报", "测试录入", "不在本镇职责范围", "现场未发现")
#: What tiers and steps are called, by whoever wrote the row.
TIER_WORDS: Final = {
    "": ("",),
    "grid": ("网格", "网格", "现场处置"),
    "jurisdiction": ("村居", "村居", "村居委"),
    "department": ("部门", "镇级部门"),
}
STEP_WORDS: Final = {
    "detected": ("待派遣", "待处置"),
    "disposing": ("处置中", "办理中"),
    "deferred": ("缓办",),
    "closed": ("已办结", "已办结", "结案"),
    "merged": ("并案",),
    "void": ("作废",),
}
