"""Which icon stands for which category, by the beginning of its code in the 2022 catalogue or a word of its name."""

from __future__ import annotations

OTHER = "package"

# The longest matching beginning of the code wins.
BY_CODE: dict[str, str] = {
    "A": "package", "A01": "building", "A02": "factory", "A0201": "laptop", "A02010101": "server", "A02010102": "server", "A02010103": "server",
    "A02010104": "server", "A02010105": "monitor", "A02010109": "tablet", "A020102": "router", "A020103": "shield", "A020105": "hard-drive",
    "A020106": "server", "A0202": "printer", "A020202": "projector", "A020203": "presentation", "A020204": "printer", "A020205": "camera",
    "A020206": "video", "A020207": "presentation", "A020208": "presentation", "A020211": "monitor", "A02021118": "scan-line", "A020213": "scissors",
    "A0203": "car", "A02030609": "truck", "A0204": "library", "A0205": "cog", "A020523": "air-vent", "A0206": "plug", "A020615": "battery",
    "A020618": "plug", "A02061801": "refrigerator", "A02061802": "fan", "A02061804": "air-vent", "A02061808": "heater", "A02061810": "washing-machine",
    "A02061816": "microwave", "A02061818": "glass-water", "A020619": "lamp", "A0207": "satellite", "A0208": "phone", "A020808": "video",
    "A0209": "tv", "A020912": "volume-2", "A0210": "gauge", "A0211": "gauge", "A0212": "ruler", "A0222": "tractor", "A0224": "utensils",
    "A0231": "pill", "A0232": "stethoscope", "A0234": "shield", "A0236": "leaf", "A0237": "flame-kindling", "A0239": "banknote", "A0245": "music",
    "A0246": "dumbbell", "A03": "landmark", "A04": "book", "A05": "armchair", "A050101": "bed", "A050102": "lamp-desk", "A050103": "armchair",
    "A050104": "sofa", "A050105": "archive", "A050106": "library", "A0502": "utensils", "A0503": "shirt", "A050304": "bed", "A050307": "briefcase",
    "A0504": "paperclip", "A050401": "file-text", "A050402": "droplet", "A050403": "droplet", "A050404": "pen", "A050405": "spray-can",
    "A06": "sprout", "A07": "box", "A0701": "brick-wall", "A0702": "pill", "A0703": "wheat", "A0706": "apple", "A0709": "cylinder",
    "A0710": "file-text", "A08": "copyright", "B": "hammer", "C": "hand-helping",
}  # fmt: skip

BY_WORD: dict[str, str] = {
    "计算机": "laptop", "笔记本": "laptop", "电脑": "laptop", "服务器": "server", "交换机": "network", "路由": "router", "网络": "network",
    "硬盘": "hard-drive", "存储": "hard-drive", "打印机": "printer", "打印": "printer", "复印": "printer", "扫描": "scan-line", "投影": "projector",
    "相机": "camera", "摄像": "video", "显示": "monitor", "电视": "tv", "键盘": "keyboard", "鼠标": "mouse", "电话": "phone", "手机": "smartphone",
    "空调": "air-vent", "冰箱": "refrigerator", "洗衣": "washing-machine", "风扇": "fan", "微波": "microwave", "灯": "lamp", "椅": "armchair", "沙发": "sofa",
    "桌": "lamp-desk", "柜": "archive", "床": "bed", "纸": "file-text", "笔": "pen", "文具": "paperclip", "墨": "droplet", "硒鼓": "droplet", "书": "book",
    "汽车": "car", "车": "car", "轮胎": "circle-dot", "医": "stethoscope", "口罩": "shield-plus", "试剂": "test-tube", "药": "pill", "服装": "shirt", "鞋": "footprints",
    "粮": "wheat", "米": "wheat", "油": "droplet", "茶": "leaf", "水果": "apple", "梨": "apple", "体育": "dumbbell", "球": "volleyball", "消防": "flame-kindling",
    "清洁": "spray-can", "拖把": "spray-can", "工具": "wrench", "电缆": "cable", "电池": "battery", "软件": "app-window", "锁": "lock", "雨": "umbrella",
}  # fmt: skip


def sign_of(category: str) -> str:
    """The icon of a category, given its code (`A02010108`) or its Chinese name."""
    found = [prefix for prefix in BY_CODE if category.startswith(prefix)]
    if found and category.isascii():
        return BY_CODE[max(found, key=len)]
    return next((icon for part, icon in BY_WORD.items() if part in category), OTHER)
