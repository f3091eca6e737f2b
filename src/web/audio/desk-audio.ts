import { deskAudio } from '../../core/desk.ts';
import { chosenDevices, openMicrophone, peakOf, routeTo } from './devices.ts';
import type { JitterStats } from './jitter.ts';
import type { DeskPlayerMessage, DeskPlayerReport } from './worklets.ts';
import workletsUrl from './worklets.ts?worker&url';

/** A context that waits for a click answers only then; nothing else shall wait for it. */
const resumeTimeoutMs = 300;

export interface DeskAudioListener {
  /** 20 ms from the microphone, as they go over the wire. */
  packet(samples: ArrayBuffer): void;
  level(side: 'microphone' | 'speaker', peak: number): void;
  stats(stats: JitterStats): void;
}

/**
 * Microphone and loudspeaker of a desk. The loudspeaker stays open from the first use on, since a ring must not wait for it; the
 * microphone is open only in a conversation.
 */
export class DeskAudio {
  readonly #listener: DeskAudioListener;
  #playback: AudioContext | undefined;
  #player: AudioWorkletNode | undefined;
  #capture: AudioContext | undefined;
  #stream: MediaStream | undefined;
  /** What the conversation needs; `none` between conversations. */
  #wanted: 'none' | 'loudspeaker' | 'both' = 'none';
  #opening: Promise<void> = Promise.resolve();
  #muted = false;

  constructor(listener: DeskAudioListener) {
    this.#listener = listener;
  }

  /**
   * Opens the loudspeaker. Browsers want a click or key of the person first, unless the microphone is open; before that it stays
   * silent, and the next click or key wakes it.
   */
  async prepare(): Promise<AudioContext> {
    const context = (this.#playback ??= this.#openLoudspeaker());
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, resumeTimeoutMs))]);
    return context;
  }

  /**
   * Begins a conversation, or changes what it needs. Rejects when there is no microphone; what the others say is heard all the same.
   */
  async start(needs: 'loudspeaker' | 'both'): Promise<void> {
    if (this.#wanted === needs) return;
    this.#wanted = needs;
    if (needs === 'loudspeaker') this.#closeMicrophone();
    // One after the other: of two openings at once, both would open a microphone, and one would never be closed.
    const before = this.#opening;
    this.#opening = before.catch(() => undefined).then(() => this.#open());
    await this.#opening;
  }

  /** Ends the conversation: the microphone is let go. Idempotent. */
  stop(): void {
    if (this.#wanted === 'none') return;
    this.#wanted = 'none';
    this.clear();
    this.#closeMicrophone();
    this.#listener.level('speaker', 0);
  }

  /** Muted, nothing of the microphone leaves the page. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  play(samples: ArrayBuffer): void {
    if (this.#wanted === 'none' || !this.#player) return;
    this.#player.port.postMessage({ type: 'audio', samples } satisfies DeskPlayerMessage, [samples]);
  }

  /** What waits to be heard is forgotten, as on hold. */
  clear(): void {
    this.#player?.port.postMessage({ type: 'clear' } satisfies DeskPlayerMessage);
  }

  /** Takes the devices that were chosen meanwhile. */
  async devicesChanged(): Promise<void> {
    if (this.#playback) await routeTo(this.#playback, chosenDevices().speakerId);
    const needs = this.#wanted;
    if (needs === 'none') return;
    this.stop();
    await this.start(needs);
  }

  #openLoudspeaker(): AudioContext {
    const context = new AudioContext({ sampleRate: deskAudio.sampleRateHz });
    const wake = (): void => {
      if (context.state !== 'suspended') return;
      context.resume().catch((error: unknown) => console.warn('The loudspeaker does not start', error));
    };
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, wake, { passive: true });
    return context;
  }

  #closeMicrophone(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    const capture = this.#capture;
    this.#capture = undefined;
    capture?.close().catch((error: unknown) => console.warn('An audio context did not close', error));
    this.#listener.level('microphone', 0);
  }

  async #open(): Promise<void> {
    if (this.#wanted === 'none') return;
    const { microphoneId, speakerId } = chosenDevices();
    // The microphone first: where it is open, the browser lets sound begin without a click, as after a reload of the page.
    const microphone = this.#wanted === 'both' && !this.#stream ? openMicrophone(microphoneId) : undefined;
    const [opened] = await Promise.allSettled([microphone]);
    try {
      await this.#openPlayer(await this.prepare(), speakerId);
    } finally {
      if (opened.status === 'fulfilled' && opened.value) await this.#capturing(opened.value);
    }
    if (opened.status === 'rejected') throw opened.reason;
  }

  async #capturing(stream: MediaStream): Promise<void> {
    const capture = new AudioContext();
    this.#stream = stream;
    this.#capture = capture;
    try {
      await capture.audioWorklet.addModule(workletsUrl);
      // Closed meanwhile: the call was over before its microphone was open.
      if (this.#capture !== capture) return;
      const node = new AudioWorkletNode(capture, 'kefu-capture', { numberOfOutputs: 0 });
      node.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        if (this.#capture !== capture) return;
        this.#listener.level('microphone', this.#muted ? 0 : peakOf(new Int16Array(data)));
        if (!this.#muted) this.#listener.packet(data);
      };
      capture.createMediaStreamSource(stream).connect(node);
      await capture.resume();
    } catch (error) {
      if (this.#capture !== capture) return;
      this.#closeMicrophone();
      throw error;
    } finally {
      if (this.#needs() !== 'both') this.#closeMicrophone();
    }
  }

  async #openPlayer(context: AudioContext, speakerId: string): Promise<void> {
    await routeTo(context, speakerId);
    if (this.#player) return;
    await context.audioWorklet.addModule(workletsUrl);
    const player = new AudioWorkletNode(context, 'kefu-desk-player', { outputChannelCount: [1] });
    player.port.onmessage = ({ data }: MessageEvent<DeskPlayerReport>) => {
      if (this.#wanted === 'none') return;
      this.#listener.level('speaker', data.peak);
      this.#listener.stats(data.stats);
    };
    player.connect(context.destination);
    this.#player = player;
  }

  /** A method, since the compiler takes a field for unchanged across an await. */
  #needs(): 'none' | 'loudspeaker' | 'both' {
    return this.#wanted;
  }
}
