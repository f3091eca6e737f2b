import type { Expecting } from '../../core/dialog.ts';
import type { Language } from '../../core/language.ts';
import workletsUrl from './worklets.ts?worker&url';

const wireRateHz = 16_000;

/** What the server tells this page during a call. */
export type ServerMessage =
  | { readonly type: 'started'; readonly callId: string }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'clear' }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'speech-started' }
  | { readonly type: 'partial'; readonly text: string }
  | { readonly type: 'heard'; readonly text: string }
  | { readonly type: 'listening'; readonly expecting: Expecting }
  | { readonly type: 'transfer'; readonly target: string }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'ended'; readonly reason: string };

export interface BrowserCallListener {
  message(message: ServerMessage): void;
  /** Peak levels, 0 to 1, about every 20 ms. */
  level(side: 'microphone' | 'speaker', peak: number): void;
  closed(problem: 'microphone' | 'server' | undefined): void;
}

/** A call from this page: microphone and loudspeaker through audio worklets, packets over one WebSocket. */
export class BrowserCall {
  readonly #listener: BrowserCallListener;
  #socket: WebSocket | undefined;
  #capture: AudioContext | undefined;
  #playback: AudioContext | undefined;
  #stream: MediaStream | undefined;
  #player: AudioWorkletNode | undefined;
  #closed = false;
  #ended = false;

  constructor(listener: BrowserCallListener) {
    this.#listener = listener;
  }

  async start(language: Language): Promise<void> {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
      });
    } catch (error) {
      console.error('The microphone could not be opened', error);
      this.#close('microphone');
      return;
    }
    if (this.#isClosed()) {
      this.#stopTracks();
      return;
    }
    try {
      await this.#openAudio(this.#stream);
    } catch (error) {
      console.error('The sound of the browser could not be opened', error);
      this.#close('microphone');
      return;
    }
    if (this.#isClosed()) this.#stopTracks();
    else this.#openSocket(language);
  }

  digit(digit: string): void {
    this.#send({ type: 'digit', digit });
  }

  hangUp(): void {
    this.#send({ type: 'stop' });
    this.#close(undefined);
  }

  async #openAudio(stream: MediaStream): Promise<void> {
    // Two contexts: the microphone keeps its own rate (some browsers refuse to connect it to another), playback runs at the wire's.
    this.#capture = new AudioContext();
    this.#playback = new AudioContext({ sampleRate: wireRateHz });
    await Promise.all([
      this.#capture.audioWorklet.addModule(workletsUrl),
      this.#playback.audioWorklet.addModule(workletsUrl),
    ]);
    const capture = new AudioWorkletNode(this.#capture, 'kefu-capture', { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return;
      this.#listener.level('microphone', peakOf(new Int16Array(data)));
      this.#socket.send(data);
    };
    this.#capture.createMediaStreamSource(stream).connect(capture);
    const player = new AudioWorkletNode(this.#playback, 'kefu-player', { outputChannelCount: [1] });
    player.port.onmessage = ({
      data,
    }: MessageEvent<{ type: 'mark'; name: string } | { type: 'level'; peak: number }>) => {
      if (data.type === 'mark') this.#send(data);
      else this.#listener.level('speaker', data.peak);
    };
    player.connect(this.#playback.destination);
    this.#player = player;
    await Promise.all([this.#capture.resume(), this.#playback.resume()]);
  }

  #openSocket(language: Language): void {
    const url = new URL('/browser/call', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => this.#send({ type: 'start', language, from: 'browser', sampleRateHz: wireRateHz });
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data !== 'string') {
        this.#player?.port.postMessage({ type: 'audio', samples: data }, [data]);
        return;
      }
      const message = JSON.parse(data) as ServerMessage;
      if (message.type === 'mark' || message.type === 'clear') this.#player?.port.postMessage(message);
      if (message.type === 'ended') this.#ended = true;
      this.#listener.message(message);
    };
    socket.onclose = () => this.#close(this.#ended ? undefined : 'server');
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** A method, since the compiler takes a field for unchanged across an await. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #stopTracks(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
  }

  #close(problem: 'microphone' | 'server' | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTracks();
    this.#socket?.close();
    for (const context of [this.#capture, this.#playback]) {
      context?.close().catch((error: unknown) => console.warn('An audio context did not close', error));
    }
    this.#listener.closed(problem);
  }
}

function peakOf(samples: Int16Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak / 32_768;
}
