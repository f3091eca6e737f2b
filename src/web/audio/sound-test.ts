import { deskAudio } from '../../core/desk.ts';
import { openMicrophone, peakOf } from './devices.ts';
import workletsUrl from './worklets.ts?worker&url';

/** The microphone alone, for trying it out: packets as a conversation would send them. */
export class MicrophoneTest {
  readonly levels = { microphone: 0, speaker: 0 };
  #stream: MediaStream | undefined;
  #context: AudioContext | undefined;
  #recording:
    { readonly packets: Int16Array[]; readonly wanted: number; readonly done: () => void } | undefined;
  #closed = false;

  /** Rejects when the microphone cannot be opened. */
  async open(microphoneId: string): Promise<void> {
    const stream = await openMicrophone(microphoneId);
    const context = new AudioContext();
    await context.audioWorklet.addModule(workletsUrl);
    this.#stream = stream;
    this.#context = context;
    if (this.#isClosed()) {
      this.#release();
      return;
    }
    const node = new AudioWorkletNode(context, 'kefu-capture', { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#onPacket(new Int16Array(data));
    context.createMediaStreamSource(stream).connect(node);
    await context.resume();
  }

  /** Records so long; resolves with less when the test is closed meanwhile. */
  async record(durationMs: number): Promise<Int16Array> {
    const packets: Int16Array[] = [];
    await new Promise<void>((done) => {
      this.#recording = { packets, wanted: durationMs / deskAudio.packetMs, done };
      // A microphone that is unplugged just now sends nothing more.
      setTimeout(done, durationMs + 2000);
    });
    this.#recording = undefined;
    const samples = new Int16Array(packets.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const packet of packets) {
      samples.set(packet, at);
      at += packet.length;
    }
    return samples;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#recording?.done();
    this.#release();
  }

  #onPacket(packet: Int16Array): void {
    this.levels.microphone = peakOf(packet);
    const recording = this.#recording;
    if (!recording || recording.packets.length >= recording.wanted) return;
    recording.packets.push(packet);
    if (recording.packets.length >= recording.wanted) recording.done();
  }

  #release(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close().catch((error: unknown) => console.warn('An audio context did not close', error));
    this.#stream = undefined;
    this.#context = undefined;
    this.levels.microphone = 0;
  }

  /** A method, since the compiler takes a field for unchanged across an await. */
  #isClosed(): boolean {
    return this.#closed;
  }
}

/** Plays what was recorded; resolves when it is over. */
export async function playBack(context: AudioContext, samples: Int16Array): Promise<void> {
  const buffer = context.createBuffer(1, Math.max(1, samples.length), deskAudio.sampleRateHz);
  buffer.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32_768));
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  await new Promise<void>((done) => {
    source.onended = () => done();
    source.start();
  });
}
