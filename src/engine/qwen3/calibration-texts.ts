/**
 * What a compilation measures rounding on: prose, code, lists and tables in English and Chinese, and pairs of which some fit and some
 * do not. Written for this project (MIT).
 */
export interface CalibrationPair {
  readonly query: string;
  readonly document: string;
}

export const CALIBRATION_QUERIES: readonly string[] = ["how do I get limescale out of a kettle", "为什么海水是咸的", "python read csv skip header"];

export const CALIBRATION_PASSAGES: readonly string[] = [
  "The kettle has to be descaled about once a month where the water is hard. Fill it halfway, add two tablespoons of citric acid, bring it to the boil and let it stand for half an hour. White flakes that float on top are loose scale; they are harmless, but rinse twice before the next cup of tea.",
  "海水之所以是咸的，主要是因为河流把岩石中的矿物质溶解后带入海洋，水分蒸发而盐分留下，经过亿万年逐渐积累。海底火山和热液喷口也会释放氯和硫等元素。不同海域的盐度并不相同：红海蒸发强烈，盐度较高；波罗的海有大量河水注入，盐度较低。",
  "import csv\n\ndef read_rows(path: str) -> list[list[str]]:\n    with open(path, newline='', encoding='utf-8') as file:\n        reader = csv.reader(file)\n        next(reader, None)  # the header\n        return [row for row in reader if any(cell.strip() for cell in row)]\n",
  "| Station | Opened | Platforms | Passengers (2019) |\n|---|---|---|---|\n| Harbour East | 1904 | 6 | 12.4 million |\n| Old Mill | 1931 | 2 | 0.8 million |\n| University | 1987 | 4 | 5.1 million |\n\nTotals do not include the night trains, which stop at Harbour East only.",
  "会议纪要（2023-11-02）：1. 预算调整为 48 万元，较上季度增加 6%；2. 新版 API 于 12 月上线，旧接口保留三个月；3. 由 Li Wei 负责迁移文档，截止日期 11 月 20 日。下次会议改到周四上午 10:30，地点 B-204。",
  "Mitochondria carry a small circular genome of their own. In humans it has 16,569 base pairs and codes for thirteen proteins, twenty-two transfer RNAs and two ribosomal RNAs; everything else is imported from the cytosol. Mutations in it are inherited from the mother alone.",
  "git bisect start; git bisect bad HEAD; git bisect good v2.3.1",
  "Ünïcödé, naïve café, Ελληνικά, русский текст, العربية, 日本語のテキスト, 한국어 🧪🚲",
];

const PAIR_QUERIES = {
  kettle: CALIBRATION_QUERIES[0] ?? "",
  sea: CALIBRATION_QUERIES[1] ?? "",
  tax: "When is the deadline for the annual tax return?",
  sort: "stable sorting algorithm complexity",
} as const;

export const CALIBRATION_PAIRS: readonly CalibrationPair[] = [
  { query: PAIR_QUERIES.kettle, document: CALIBRATION_PASSAGES[0] ?? "" },
  { query: PAIR_QUERIES.kettle, document: "Kettles with a window in the side show how much water is left. Most of them switch off by themselves when they boil." },
  { query: PAIR_QUERIES.sea, document: CALIBRATION_PASSAGES[1] ?? "" },
  { query: PAIR_QUERIES.sea, document: "长江全长约六千三百公里，发源于青藏高原，最后注入东海，是亚洲最长的河流。" },
  { query: PAIR_QUERIES.sea, document: "Rivers carry dissolved minerals into the oceans; water evaporates, and the salt stays behind." },
  { query: PAIR_QUERIES.tax, document: "Returns for the past year must reach the office by 31 July; with a tax adviser the last day is the end of February of the year after next. A late return costs at least 25 euros for every month that has begun." },
  { query: PAIR_QUERIES.tax, document: "The museum is closed on Mondays. Guided tours start at 11 and at 15 o'clock, and children under six are free." },
  { query: PAIR_QUERIES.sort, document: "Merge sort keeps equal elements in their order and needs O(n log n) comparisons in the worst case, at the price of a buffer as long as the input. Quicksort is not stable, and its worst case is quadratic." },
  { query: PAIR_QUERIES.sort, document: "def insertion_sort(a):\n    for i in range(1, len(a)):\n        x, j = a[i], i\n        while j and a[j - 1] > x:\n            a[j] = a[j - 1]; j -= 1\n        a[j] = x\n" },
  { query: PAIR_QUERIES.sort, document: "今天的晚餐是番茄炒蛋和米饭，汤里放了豆腐和青菜。" },
];
