"""The words the demonstration is made of: invented brands, company names, people and sentences. None of them is anybody's."""

from __future__ import annotations

# Brands by family of goods, Chinese and Latin.
BRANDS: dict[str, tuple[tuple[str, str], ...]] = {
    "computing": (
        ("朔原", "Shuoyuan"), ("棱星", "Lingstar"), ("鹤庭", "Heting"), ("衡川", "Hengchuan"), ("青岫", "Qingxiu"),
        ("拓衍", "Toyan"), ("辰砚", "Chenyan"), ("北垣", "Beiyuan"), ("澜图", "Lantoo"), ("云篆", "Yunzhuan"),
    ),
    "network": (
        ("织络", "Zhiluo"), ("径石", "Jingshi"), ("讯岭", "Xunling"), ("枢白", "Shubai"), ("通陌", "Tongmo"), ("阔桥", "Kuoqiao"), ("戍安", "Shuan"),
    ),
    "printing": (
        ("墨庐", "Molu"), ("映泉", "Yingquan"), ("谷印", "Guyin"), ("帛锐", "Borui"), ("素楮", "Suchu"), ("拓影", "Tuoying"), ("文烛", "Wenzhu"), ("笺羽", "Jianyu"),
    ),
    "display": (
        ("明岫", "Mingxiu"), ("瞰远", "Kanyuan"), ("聆山", "Lingshan"), ("虹幕", "Hongmu"), ("昭屏", "Zhaoping"), ("音堤", "Yindi"), ("望桥", "Wangqiao"), ("镜澜", "Jinglan"),
        ("烛影", "Zhuying"), ("汀白", "Tingbai"),
    ),
    "appliance": (
        ("和煦堂", "Hexutang"), ("北风岭", "Beifengling"), ("沁岚", "Qinlan"), ("暖砚", "Nuanyan"), ("冰沿", "Bingyan"), ("净源坡", "Jingyuanpo"), ("霁川", "Jichuan"), ("竹里风", "Zhulifeng"),
        ("漱石泉", "Shushiquan"),
    ),
    "electric": (("灯市", "Dengshi"), ("恒缆", "Henglan"), ("电枢桥", "Dianshuqiao"), ("萤舍", "Yingshe"), ("稳川", "Wenchuan"), ("接木", "Jiemu")),
    "furniture": (
        ("榫语", "Sunyu"), ("木石间", "Mushijian"), ("案上青", "Anshangqing"), ("桐墅", "Tongshu"), ("匠垣", "Jiangyuan"), ("钢叶", "Gangye"), ("坐看云", "Zuokanyun"), ("栎舍", "Lishe"),
        ("书阁里", "Shugeli"),
    ),
    "paper": (("雪楮", "Xuechu"), ("白云笺", "Baiyunjian"), ("林语", "Linyu"), ("素川", "Suchuan"), ("苇白", "Weibai"), ("净页", "Jingye")),
    "stationery": (("文溪", "Wenxi"), ("拾笔", "Shibi"), ("青简", "Qingjian"), ("方案头", "Fangantou"), ("小楷", "Xiaokai"), ("钉铛", "Dingdang"), ("书签里", "Shuqianli"), ("墨点", "Modian")),
    "consumable": (("浓淡", "Nongdan"), ("粉印", "Fenyin"), ("续墨", "Xumo"), ("色阶", "Sejie"), ("匣中墨", "Xiazhongmo"), ("惜纸", "Xizhi")),
    "cleaning": (("净瓴", "Jingling"), ("皂角树", "Zaojiaoshu"), ("白露", "Bailu"), ("棉里", "Mianli"), ("清檐", "Qingyan"), ("柔川", "Rouchuan"), ("洁汀", "Jieting")),
    "medical": (("仁衡", "Renheng"), ("脉泉", "Maiquan"), ("安匮", "Ankui"), ("橘井堂", "Jujingtang"), ("澄护", "Chenghu"), ("杏圃", "Xingpu"), ("济川", "Jichuan Med"), ("护苗", "Humiao")),
    "safety": (("止焰", "Zhiyan"), ("安垣", "Anyuan"), ("水龙吟", "Shuilongyin"), ("警铎", "Jingduo")),
    "sport": (("跃原", "Yueyuan"), ("腾野", "Tengye"), ("健步坡", "Jianbupo"), ("风筝线", "Fengzhengxian"), ("力川", "Lichuan")),
    "software": (("源川", "Yuanchuan"), ("文枢", "Wenshu"), ("护城", "Hucheng"), ("磐基", "Panji"), ("序言", "Xuyan")),
    "food": (("沙枣里", "Shazaoli"), ("香梨渡", "Xianglidu"), ("瀚枣", "Hanzao"), ("雪水田", "Xueshuitian"), ("天山麓", "Tianshanlu"), ("绿洲仓", "Lüzhoucang"), ("苇湖人家", "Weihurenjia")),
    "motor": (("驿路快修", "Yilu"), ("千里辔", "Qianlipei"), ("车马堂", "Chematang")),
    "press": (("活字坊", "Huozifang"), ("锦页", "Jinye"), ("朱墨", "Zhumo")),
    "upkeep": (("值更", "Zhigeng"), ("守枢", "Shoushu"), ("通脉", "Tongmai")),
    "premises": (("安堵", "Andu"), ("雅舍里", "Yasheli"), ("庭除", "Tingchu")),
}  # fmt: skip

# How much a brand asks against the middle of the market, drawn once a brand.
BRAND_LEVELS = (0.88, 0.92, 0.95, 0.98, 1.0, 1.0, 1.03, 1.06, 1.1, 1.16)

# Company names: an invented word and a trade; which families the trade sells and how often it is drawn.
COMPANY_WORDS = (
    "驼铃渡", "云棉", "沙枣里", "梨雪", "砚北", "鸣沙湾", "雁回岭", "苇荡", "塔河帆", "金穗湾", "胡杨隐", "玉门西", "青禾原", "白桦坡", "绿洲居", "开都渡",
    "铁门月", "楼兰星", "暮云庄", "朝露原", "雪岭松", "红柳滩", "风车坳", "石榴巷", "杏花坞", "芦花浦", "骏马坡", "鹰嘴崖", "月牙泉畔", "葡萄廊", "麦浪里", "星垂野",
    "长河驿", "孔雀羽", "银沙洲", "桑田里", "飞鸿踏雪", "晴川渡", "万象谷", "听雪楼台", "春和里", "秋实园", "远山黛", "竹杖行", "一苇航", "清渠", "半亩塘", "天光云影",
    "归雁", "大漠孤烟", "落日圆", "丝路驿", "西陆", "北斗坪", "南枝", "东篱下", "柳中", "车师道", "渠犁城", "焉支",
)  # fmt: skip

# What distinguishes further companies once the plain words are used up.
COMPANY_PREFIXES = "新北南东小上远古青金明长春秋云山水风月雪松竹兰梅菊荷柳桃榆槐桐柏枫芦禾粟石玉泉溪湖汀洲岛桥津原岭峰川渠田园林圃舍庐亭台阁轩榭廊灯烛辰霞虹霜霁晴暖宁康淳朴诚信和惠瑞嘉景博致思行知言"

TRADES: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("信息科技", "Information Technology", ("computing", "network", "printing", "display", "consumable", "software"), 12),
    ("办公设备", "Office Equipment", ("printing", "computing", "display", "stationery", "consumable", "paper"), 10),
    ("文化用品", "Stationery", ("stationery", "paper", "consumable", "sport"), 7),
    ("家具制造", "Furniture Works", ("furniture",), 7),
    ("电器", "Appliances", ("appliance", "electric", "display"), 7),
    ("医疗器械", "Medical Devices", ("medical", "cleaning"), 5),
    ("商贸", "Trading", ("stationery", "cleaning", "food", "appliance", "paper", "sport", "safety", "electric"), 8),
    ("果品加工", "Fruit Processing", ("food",), 3),
    ("消防器材", "Fire and Safety", ("safety", "electric", "display"), 2),
    ("汽车服务", "Motor Service", ("motor",), 2),
    ("印务", "Printing House", ("press", "paper"), 2),
    ("运维服务", "Technical Service", ("upkeep", "software"), 2),
    ("物业服务", "Property Service", ("premises", "cleaning"), 2),
)
SERVICE_FAMILIES = frozenset({"motor", "press", "upkeep", "premises"})

# Applicants that are not (yet) admitted, by what became of their application.
APPLICANTS: tuple[tuple[str, str, str], ...] = (
    ("submitted", "星汉桥", "信息科技"), ("submitted", "采薇", "文化用品"), ("submitted", "雪莲坡", "医疗器械"), ("submitted", "山南水北", "家具制造"),
    ("returned", "蒹葭", "商贸"), ("returned", "听涛", "电器"), ("refused", "逐鹿", "办公设备"), ("refused", "风行水上", "果品加工"),
    ("draft", "新雨后", "印务"), ("draft", "拾光里", "物业服务"), ("withdrawn", "野渡", "汽车服务"),
)  # fmt: skip
APPLICATION_REASONS = {
    "returned": ("营业执照扫描件四角不全，统一社会信用代码无法辨认，请重新上传。", "所选品目与经营范围不一致，请补充授权文件或调整品目。"),
    "refused": ("经核查，法定代表人在另一家被暂停交易的供应商任职，暂停期内不予准入。", "未取得食品经营许可，所申请品目依法须经许可。"),
}

STREETS = (
    "梨香东路",
    "胡杨大道",
    "孔雀河滨路",
    "石化西街",
    "团场路",
    "红柳街",
    "文化南路",
    "丝路花街",
    "苇湖路",
    "金桥巷",
    "迎宾东路",
    "书院路",
)

SURNAMES = "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹喻柏窦章苏潘葛范彭郎鲁韦昌马苗凤花方俞任袁柳"
GIVEN = (
    "建国", "晓燕", "志强", "雅琴", "文博", "思源", "玉兰", "海涛", "立新", "秀英", "俊杰", "春梅", "国庆", "嘉怡", "永红", "明哲", "丽华", "少峰", "静怡", "振宇",
    "雪莹", "长青", "慧敏", "铁柱", "欣然", "卫东", "若兰", "子轩", "佩珊", "守义",
)  # fmt: skip
OTHER_NAMES: tuple[tuple[str, str], ...] = (
    ("阿迪力·吐尔逊", "Adil Tursun"), ("热依汗·卡德尔", "Reyhan Qadir"), ("帕提古丽·艾山", "Patigul Hesen"), ("玉素甫·依明", "Yusup Imin"), ("茹鲜古丽·萨吾提", "Rushangul Sawut"),
    ("巴特尔", "Bater"), ("其木格", "Qimuge"), ("乌兰", "Ulan"), ("那木加甫", "Namjap"), ("图娅", "Tuya"), ("马吉祥", "Ma Jixiang"), ("妥玉洁", "Tuo Yujie"), ("哈斯木江", "Hasimjan"), ("古丽扎提", "Gulzat"),
)  # fmt: skip

CARRIERS = ("本店配送", "驼峰速运", "雁字快递", "绿洲物流")

PURPOSES: dict[str, tuple[str, ...]] = {
    "computing": ("更换超期服役的办公电脑", "新入职人员办公用", "教务处机房补充", "信息中心备用"),
    "network": ("三楼网络改造", "机房扩容", "会议室网络接入"),
    "printing": ("打印机报废更新", "窗口单位业务用", "各科室文印补充"),
    "display": ("会议室设备更新", "教室多媒体补充", "值班室监控更新"),
    "appliance": ("办公楼制冷取暖设备更新", "值班室配备", "食堂设备更新", "职工宿舍配备"),
    "electric": ("办公区照明改造", "机房供电保障", "日常维修补充"),
    "furniture": ("新设科室办公家具", "档案室添置", "教室课桌椅更换"),
    "paper": ("文印用纸补充", "日常办公用纸", "期末考试印卷"),
    "stationery": ("日常办公用品", "会议用品", "开学办公用品"),
    "consumable": ("打印耗材补充", "文印室耗材"),
    "cleaning": ("保洁用品月度补充", "卫生间用品", "公共区域消杀"),
    "medical": ("门诊设备补充", "病区更新", "公共场所急救配备", "校医室配备"),
    "safety": ("消防器材到期更换", "新增点位配置"),
    "sport": ("体育课器材", "职工健身活动室"),
    "software": ("软件正版化", "终端安全防护"),
    "food": ("食堂采购", "慰问物资", "会议用水"),
    "motor": ("公务用车定期保养",),
    "press": ("宣传资料印制", "培训手册印制"),
    "upkeep": ("年度运维服务", "设备日常维护"),
    "premises": ("办公区物业", "业务培训会议"),
}

PRAISE = (
    "送货及时，包装完好，参数与下单快照一致。", "安装师傅专业，现场调试到位，还清理了包装垃圾。", "第三次购买，质量稳定，发票开得快。", "价格比上次采购低，验收一次通过。", "客服响应很快，缺的配件当天补齐。",
    "县里路远，仍按承诺时限送到，点赞。", "资料齐全，节能证书随货同行，方便归档。", "送货上楼，点数清楚，服务态度好。",
)  # fmt: skip
FAIR = (
    "货没问题，比约定晚到半天，提前打过电话。",
    "外箱有轻微磕碰，设备完好。",
    "发票信息改过一次，耽误了两天付款。",
    "说明书偏简略，打电话问清楚了。",
)
COMPLAINT = ("配送拖延，催了两次才发货。", "到货颜色与描述有出入，换货花了一周。", "安装约了两次才来，希望改进。")
REPLIES = {
    "good": ("感谢信任，我们会继续保持。", "谢谢评价，质保期内随叫随到。", "感谢支持，期待再次为贵单位服务。"),
    "fair": ("感谢反馈，已提醒配送同事提前联系。", "已整理更详细的操作说明，随后发至贵单位邮箱。"),
    "poor": ("抱歉给您添麻烦了，已更换承运单位并补发保修卡。", "诚恳道歉，已安排专人跟进，后续订单优先配送。"),
}
RETURN_REASONS = ("验收不合格，按验收单退货。", "经协商无法换货，申请退货退款。")
EXCHANGE_REASONS = ("请更换为与快照一致的货物。", "外观破损，请更换同型号全新货物。")

DECLINE_REASONS = (
    "厂家已停产，库存系统未及时更新，无法供货。",
    "近期到货延误，预计超过约定时限，恳请另选。",
    "该型号仅剩样机，不符合全新要求。",
    "配送区域道路施工，无法按时送达。",
)
WITHDRAW_REASONS = ("数量填写有误，重新下单。", "科室需求调整，暂不采购。", "选错型号，改选同类产品。")
CANCEL_REASONS = ("项目经费调整，协商取消。", "供应商告知缺货，双方协商取消。", "交货地点变更，超出配送范围。")
REFUSE_CANCEL_REASONS = ("货物已按要求定制完成，无法取消。",)
DISAPPROVE_REASONS = ("与年度资产配置计划不符，退回调整。", "同类设备库房尚有富余，先行调剂。", "请先比较至少三家同款报价。")
REJECT_REASONS = (
    "内存容量与快照不符，现场核对为低配型号。",
    "外观破损，屏幕有划痕。",
    "到货数量少两件，规格与订单不一致。",
    "甲醛检测报告缺失，且桌面有裂纹。",
    "铭牌型号与订单型号不一致。",
)

OFFER_REASONS: dict[str, tuple[str, ...]] = {
    "refused": (
        "报价高于市场参考价，请核实后重新提交。",
        "标题含“专供”字样，违反商品发布规则。",
        "主要参数与该型号公开资料不符。",
        "与本店已上架商品重复，请勿重复发布。",
    ),
    "frozen": (
        "价格异常：高于同款中位价百分之三十以上，请说明或调整。",
        "节能产品认证证书已过有效期。",
        "多名采购人反映无货可供，先行冻结核查。",
    ),
    "unfreeze_review": ("已按参考价下调价格，并上传新的认证证书，申请解冻。", "已补充库存并说明情况，申请恢复上架。"),
    "delisted": ("",),
}
