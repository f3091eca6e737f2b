/** Runs on the browser's audio thread: the microphone becomes 20 ms packets, packets become sound. */

import { JitterBuffer, type JitterStats } from './jitter.ts';

declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new () => AudioWorkletProcessor & {
    process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  },
): void;

const wireRateHz = 16_000;
const packetSamples = 320;
/** Taps on each side of the low-pass; 16 keep aliases of a 48 kHz microphone more than 50 dB down. */
const halfTaps = 16;

/** Converts a mono stream to 16 kHz by windowed-sinc interpolation, whatever rate the sound card has. */
class ToWireRate {
  readonly #step = sampleRate / wireRateHz;
  readonly #cutoff = Math.min(1, wireRateHz / sampleRate) * 0.92;
  #history = new Float32Array(0);
  /** Position of the next output sample within the history. */
  #position = halfTaps;

  process(input: Float32Array): number[] {
    const samples = new Float32Array(this.#history.length + input.length);
    samples.set(this.#history);
    samples.set(input, this.#history.length);
    const output: number[] = [];
    const reach = Math.ceil(halfTaps / this.#cutoff);
    while (this.#position + reach < samples.length) {
      output.push(this.#sampleAt(samples, reach));
      this.#position += this.#step;
    }
    const consumed = Math.max(0, Math.floor(this.#position) - reach);
    this.#history = samples.slice(consumed);
    this.#position -= consumed;
    return output;
  }

  #sampleAt(samples: Float32Array, reach: number): number {
    const centre = Math.floor(this.#position);
    let sum = 0;
    for (let index = Math.max(0, centre - reach); index <= centre + reach; index += 1) {
      const distance = this.#position - index;
      const x = Math.PI * distance * this.#cutoff;
      const sinc = Math.abs(x) < 1e-6 ? 1 : Math.sin(x) / x;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (reach + 1));
      sum += (samples[index] ?? 0) * sinc * window * this.#cutoff;
    }
    return sum;
  }
}

/** Posts packets of 320 samples (Int16, 16 kHz) from the microphone. */
class Capture extends AudioWorkletProcessor {
  readonly #converter = new ToWireRate();
  #packet = new Int16Array(packetSamples);
  #filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (!channel) return true;
    for (const sample of this.#converter.process(channel)) {
      this.#packet[this.#filled] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
      this.#filled += 1;
      if (this.#filled < packetSamples) continue;
      this.port.postMessage(this.#packet.buffer, [this.#packet.buffer]);
      this.#packet = new Int16Array(packetSamples);
      this.#filled = 0;
    }
    return true;
  }
}

type PlayerMessage =
  | { readonly type: 'audio'; readonly samples: ArrayBuffer }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'clear' };

/** Plays what is posted to it (its context runs at 16 kHz), tells when a mark is reached, and is silent at once on `clear`. */
class Player extends AudioWorkletProcessor {
  #queue: (Int16Array | string)[] = [];
  #offset = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlayerMessage>) => {
      if (data.type === 'audio') this.#queue.push(new Int16Array(data.samples));
      else if (data.type === 'mark') this.#queue.push(data.name);
      else this.#clear();
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channel = outputs[0]?.[0];
    if (!channel) return true;
    let peak = 0;
    for (let index = 0; index < channel.length; index += 1) {
      this.#passMarks();
      const head = this.#queue[0];
      if (head === undefined || typeof head === 'string') break;
      const sample = (head[this.#offset] ?? 0) / 32_768;
      channel[index] = sample;
      peak = Math.max(peak, Math.abs(sample));
      this.#offset += 1;
      if (this.#offset < head.length) continue;
      this.#queue.shift();
      this.#offset = 0;
    }
    this.#passMarks();
    this.port.postMessage({ type: 'level', peak });
    return true;
  }

  #passMarks(): void {
    while (typeof this.#queue[0] === 'string') {
      this.port.postMessage({ type: 'mark', name: this.#queue.shift() });
    }
  }

  /** Like a carrier, the player reports the marks of what it drops. */
  #clear(): void {
    const marks = this.#queue.filter((entry) => typeof entry === 'string');
    this.#queue = [];
    this.#offset = 0;
    for (const name of marks) this.port.postMessage({ type: 'mark', name });
  }
}

/** What the player of a desk is told, and what it tells about every 100 ms. */
export type DeskPlayerMessage =
  { readonly type: 'audio'; readonly samples: ArrayBuffer } | { readonly type: 'clear' };
export interface DeskPlayerReport {
  readonly peak: number;
  readonly stats: JitterStats;
}

const reportEveryBlocks = 12;

/** Plays a conversation as it comes from the network (its context runs at 16 kHz), evened out by a jitter buffer. */
class DeskPlayer extends AudioWorkletProcessor {
  readonly #buffer = new JitterBuffer(wireRateHz);
  #peak = 0;
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<DeskPlayerMessage>) => {
      if (data.type === 'audio') this.#buffer.push(new Int16Array(data.samples));
      else this.#buffer.clear();
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channel = outputs[0]?.[0];
    if (!channel) return true;
    this.#peak = Math.max(this.#peak, this.#buffer.pull(channel));
    this.#blocks += 1;
    if (this.#blocks < reportEveryBlocks) return true;
    const report: DeskPlayerReport = { peak: this.#peak, stats: this.#buffer.stats };
    this.port.postMessage(report);
    this.#blocks = 0;
    this.#peak = 0;
    return true;
  }
}

registerProcessor('kefu-capture', Capture);
registerProcessor('kefu-desk-player', DeskPlayer);
registerProcessor('kefu-player', Player);
