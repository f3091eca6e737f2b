import { describe, expect, it } from 'vitest';
import { parseMetrics, samplesOf, totalOf } from '../../../tools/bench/lib/metrics.ts';
import { cpuSecondsOf, kindOfFile, statusNumber } from '../../../tools/bench/lib/process-usage.ts';
import { atLeastPercent, atMost, formatTable } from '../../../tools/bench/lib/report.ts';

describe('the usage of a process', () => {
  it('is read behind a name that itself holds blanks and brackets', () => {
    const stat = '42 (node (main) x) S 1 42 42 0 -1 4194304 9 0 0 0 1234 66 0 0 20 0 11 0 100 1000 50';
    expect(cpuSecondsOf(stat)).toBeCloseTo(13);
    expect(() => cpuSecondsOf('42 (node')).toThrow(/no process status/);
  });

  it('is found by field', () => {
    const status = 'Name:\tnode\nVmHWM:\t  941544 kB\nVmRSS:\t  371000 kB\nThreads:\t23\n';
    expect(statusNumber(status, 'VmRSS')).toBe(371_000);
    expect(statusNumber(status, 'Threads')).toBe(23);
    expect(() => statusNumber(status, 'VmSwap')).toThrow(/VmSwap/);
  });

  it('tells kinds of open files', () => {
    expect(kindOfFile('socket:[12345]')).toBe('socket');
    expect(kindOfFile('pipe:[7]')).toBe('pipe');
    expect(kindOfFile('anon_inode:[eventpoll]')).toBe('eventpoll');
    expect(kindOfFile('/dev/null')).toBe('file');
  });
});

describe('a page of metrics', () => {
  const page = [
    '# HELP kefu_calls_active Calls going on now.',
    '# TYPE kefu_calls_active gauge',
    'kefu_calls_active 2',
    'kefu_gap_seconds_bucket{le="0.5"} 3',
    'kefu_gap_seconds_bucket{le="+Inf"} 4',
    'kefu_gap_seconds_count 4',
    'kefu_shop_seconds{operation="a b",code="x"} 1.5e-3 1700000000000',
    'kefu_calls_active_other 7',
  ].join('\n');

  it('is read with its labels', () => {
    const samples = parseMetrics(page);
    expect(samplesOf(samples, 'kefu_gap_seconds_bucket')).toEqual({ 'le="0.5"': 3, 'le="+Inf"': 4 });
    expect(samplesOf(samples, 'kefu_shop_seconds')).toEqual({ 'operation="a b",code="x"': 0.0015 });
  });

  it('adds up by whole names only', () => {
    const samples = parseMetrics(page);
    expect(totalOf(samples, 'kefu_calls_active')).toBe(2);
    expect(totalOf(samples, 'kefu_gap_seconds_bucket')).toBe(7);
    expect(totalOf(samples, 'absent')).toBe(0);
  });
});

describe('a report', () => {
  it('sets numbers right, words left, and a dash where nothing was measured', () => {
    const table = formatTable(
      ['', 'ms'],
      [
        ['one', 5],
        ['three', 1234.56],
        ['订单', undefined],
      ],
      1,
    );
    expect(table.split('\n')).toEqual(['           ms', 'one         5', 'three  1234.6', '订单        -']);
  });

  it('judges a target only by what was measured', () => {
    expect(atMost('gap', 600, 600, 'ms').met).toBe(true);
    expect(atMost('gap', 600.1, 600, 'ms').met).toBe(false);
    expect(atMost('gap', undefined, 600, 'ms').met).toBeUndefined();
    expect(atLeastPercent('right', 9, 10, 90).met).toBe(true);
    expect(atLeastPercent('right', 8, 10, 90).met).toBe(false);
    expect(atLeastPercent('right', 0, 0, 90).met).toBeUndefined();
  });
});
