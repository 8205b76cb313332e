/**
 * 二分查找:在已经排好序的数组里找一个值的插入位置。
 *
 * 每次取中间的元素比较,目标较大就只看右半边,否则只看左半边。每一步把范围缩小一半,
 * 所以一百万个元素大约只需要二十次比较,时间复杂度是 O(log n)。
 *
 * 返回第一个不小于 target 的位置;如果所有元素都更小,就返回数组长度。
 * 数组必须是升序的,否则结果没有意义。
 */
export function lowerBound(values: readonly number[], target: number): number {
  let low = 0;
  let high = values.length; // 不含 high 本身,这样空数组也能正确处理。
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (values[middle]! < target) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 数组里有没有这个值。 */
export function contains(values: readonly number[], target: number): boolean {
  return values[lowerBound(values, target)] === target;
}
