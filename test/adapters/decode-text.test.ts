import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { decodeText } from "../../src/adapters/decode-text.ts";

const encode = (text: string, encoding: string) => iconv.encode(text, encoding);
const decode = (bytes: Uint8Array) => decodeText(bytes, "file.txt");
const binary = { name: "SkippedDocument", reason: "binary" };

describe("Unicode", () => {
  test("reads ASCII and UTF-8 as UTF-8, without warnings", () => {
    for (const text of ["plain", "café 重力 👩‍🚀", ""]) {
      expect(decode(Buffer.from(text))).toEqual({ text, encoding: "utf-8", warnings: [] });
    }
  });

  test.each(["utf-8", "utf-16le", "utf-16be", "utf-32le", "utf-32be"])("obeys a byte order mark of %s and drops it", (encoding) => {
    const bytes = iconv.encode("gravity 重力\n", encoding, { addBOM: true });
    expect(decode(bytes)).toEqual({ text: "gravity 重力\n", encoding, warnings: [] });
  });

  test.each(["utf-16le", "utf-16be"])("recognizes %s without a mark by where its null bytes stand", (encoding) => {
    expect(decode(encode("Hello, world\r\n", encoding))).toEqual({ text: "Hello, world\n", encoding, warnings: [] });
    expect(decode(encode("重力是 gravity\n", encoding)).text).toBe("重力是 gravity\n");
  });

  test("reads UTF-8 with a few bad bytes as UTF-8, and says how many it could not read", () => {
    const bytes = Buffer.concat([Buffer.from("重力是物体之间的吸引"), Buffer.from([0xff]), Buffer.from("。结束")]);
    const { text, encoding, warnings } = decode(bytes);
    expect(text).toBe("重力是物体之间的吸引\uFFFD。结束");
    expect(encoding).toBe("utf-8");
    expect(warnings).toEqual(["file.txt: 1 unreadable sequence in utf-8, shown as U+FFFD"]);
  });

  test("reads UTF-8 that was cut inside its last character", () => {
    expect(decode(Buffer.from("重力是物体之间的吸引").subarray(0, -1)).encoding).toBe("utf-8");
  });
});

/** Ten characters and fewer: what statistics of byte pairs cannot decide. */
const SHORT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  gb18030: ["你好，世界，今天天气", "首都机场位于北京市朝", "春眠不觉晓处处闻啼鸟", "韩国的首都是首尔市区", "王小明", "西红柿炒鸡蛋", "文件名：测试.txt", "name: 张伟"],
  big5: ["你好，世界，今天天氣", "重力是物體之間的吸引", "臺灣的首都是臺北市區", "春眠不覺曉處處聞啼鳥"],
  shift_jis: ["こんにちは、世界です", "日本の首都は東京です", "プログラミング言語入", "東京都千代田区丸の内", "お茶の入れ方"],
  "euc-jp": ["こんにちは、世界です", "日本の首都は東京です", "重力とは何でしょうか"],
  "euc-kr": ["안녕하세요 세계 여러분", "대한민국의 수도는 서울", "김치찌개 만드는 방법", "파일이 없습니다"],
  "windows-1252": ["Le café était fermé", "Füße und Straße", "El niño", "São Paulo", "it’s “quoted” – text", "på svenska", "ÉTÉ ET HIVER", "£50 or 20°C"],
  "windows-1251": ["Привет, мир", "Столица России — Москва", "сила тяжести"],
  "koi8-r": ["Привет, мир", "Столица России Москва", "сила тяжести"],
  "windows-1250": ["Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "Łódź jest piękna"],
  "windows-1254": ["Türkiye'nin başkenti Ankara'dır, değil mi", "Işık hızı çok yüksektir şimdi"],
};

describe("legacy encodings", () => {
  test.each(Object.entries(SHORT_TEXTS))("reads short texts in %s", (encoding, texts) => {
    for (const text of texts) expect(decode(encode(text, encoding))).toEqual({ text, encoding, warnings: [] });
  });

  test("finds the encoding of a few foreign lines after much ASCII", () => {
    const text = `${"An English line of a log file.\n".repeat(3000)}错误：文件不存在\n${"And on it goes.\n".repeat(3000)}`;
    expect(decode(encode(text, "gb18030"))).toMatchObject({ text, encoding: "gb18030" });
  });

  test("finds it after a megabyte of ASCII in the same line", () => {
    const text = `${"word ".repeat(200_000)}首都机场位于北京市`;
    expect(decode(encode(text, "gb18030")).text.slice(-9)).toBe("首都机场位于北京市");
  });
});

describe("newlines", () => {
  test("become \\n whether they were CRLF, or CR alone as on a classic Mac", () => {
    expect(decode(Buffer.from("a\r\nb\r\n\r\nc")).text).toBe("a\nb\n\nc");
    expect(decode(Buffer.from("a\rb\r\rc")).text).toBe("a\nb\n\nc");
  });

  test("keep their numbers when a progress bar returns to the start of its line", () => {
    expect(decode(Buffer.from("10%\r20%\r30%\ndone\n")).text).toBe("10% 20% 30%\ndone\n");
  });
});

describe("binary data", () => {
  test.each([
    ["null bytes", Buffer.from("text\0with\0nulls and an odd end")],
    ["a table of little-endian numbers", Buffer.from(Uint32Array.from({ length: 64 }, (_, position) => position * 7).buffer)],
    ["a run of nulls", Buffer.alloc(100)],
    ["control characters", Buffer.from("\x01\x02\x03\x04 and little text")],
    ["a PNG", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
    ["a zip archive", Buffer.from("PK\x03\x04rest", "latin1")],
    ["a PDF with a text's name", Buffer.from("%PDF-1.7\n")],
  ])("is refused: %s", (_, bytes) => {
    expect(() => decode(bytes)).toThrow(expect.objectContaining(binary));
  });

  test("is not what begins like it by chance", () => {
    expect(decode(Buffer.from("BZhang is a name")).text).toBe("BZhang is a name");
    expect(decode(Buffer.from("ID3 tags hold the title of a song")).encoding).toBe("utf-8");
  });

  test("is not a log with colours", () => {
    const log = "\x1b[31merror\x1b[0m \x1b[1mfile\x1b[0m\n";
    expect(decode(Buffer.from(log)).text).toBe(log);
  });
});
