/** Sets of Yjs ids, kept as half-open ranges of clocks for each client. */

export type Range = [start: number, end: number]

export class Ranges {
  readonly clients = new Map<number, Range[]>()

  static from(entries: Iterable<[number, Range[]]>): Ranges {
    const ranges = new Ranges()
    for (const [client, list] of entries) for (const [start, end] of list) ranges.add(client, start, end)
    return ranges
  }

  get empty(): boolean {
    return this.clients.size === 0
  }

  add(client: number, start: number, end: number): void {
    if (end <= start) return
    const list = this.clients.get(client)
    if (list === undefined) {
      this.clients.set(client, [[start, end]])
      return
    }
    let first = list.findIndex((range) => range[1] >= start)
    if (first === -1) first = list.length
    let last = first
    while (last < list.length && list[last]![0] <= end) {
      start = Math.min(start, list[last]![0])
      end = Math.max(end, list[last]![1])
      last++
    }
    list.splice(first, last - first, [start, end])
  }

  remove(client: number, start: number, end: number): void {
    const list = this.clients.get(client)
    if (list === undefined || end <= start) return
    const kept = list.flatMap(([from, to]): Range[] => {
      const pieces: Range[] = [[from, Math.min(to, start)], [Math.max(from, end), to]]
      return pieces.filter(([a, b]) => a < b)
    })
    if (kept.length > 0) this.clients.set(client, kept)
    else this.clients.delete(client)
  }

  /** The parts of `start`–`end` that are not in this set. */
  missing(client: number, start: number, end: number): Range[] {
    const gaps: Range[] = []
    for (const [from, to] of this.clients.get(client) ?? []) {
      if (to <= start) continue
      if (from >= end) break
      if (from > start) gaps.push([start, from])
      start = Math.max(start, to)
    }
    if (start < end) gaps.push([start, end])
    return gaps
  }

  entries(): [number, Range[]][] {
    return [...this.clients].map(([client, list]) => [client, list.map(([a, b]): Range => [a, b])])
  }
}
