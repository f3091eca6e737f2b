import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';
import { createStreamGateways } from '../../../src/app/streams.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const token = { KEFU_STREAM_TOKEN: 'a-token-of-16-chars' };
const publicUrl = { KEFU_PUBLIC_URL: 'https://kefu.example.com' };

describe('the settings of streams', () => {
  it('open what was asked for, and nothing else', () => {
    const tools = { clock: new ManualClock(), log: createCapturedLog() };
    const none = createStreamGateways(readConfig({}), tools);
    expect(none).toEqual({ webSockets: [], audioSocket: undefined });
    const some = createStreamGateways(
      readConfig({ KEFU_STREAMS: 'asterisk, telnyx', KEFU_AUDIOSOCKET_PORT: '9092', ...token }),
      tools,
    );
    expect(some.webSockets.map(({ path }) => path)).toEqual(['/streams/telnyx', '/streams/asterisk']);
    expect(some.audioSocket?.name).toBe('audiosocket');
  });

  it('give each vendor its own webhook secret', () => {
    const { streams } = readConfig({
      ...{ KEFU_STREAMS: 'telnyx,plivo', KEFU_TELNYX_PUBLIC_KEY: 'key', ...token, ...publicUrl },
    });
    expect(streams.vendors).toEqual([
      { name: 'telnyx', webhookSecret: 'key' },
      { name: 'plivo', webhookSecret: undefined },
    ]);
  });

  it.each([
    [{ KEFU_STREAMS: 'telnix' }, 'telnix is not one of telnyx, plivo'],
    [{ KEFU_STREAM_TOKEN: 'short' }, 'at least 16 characters'],
    [{ KEFU_STREAMS: 'telnyx', KEFU_TELNYX_PUBLIC_KEY: 'k', ...token }, 'needs KEFU_PUBLIC_URL'],
    [{ KEFU_STREAMS: 'plivo', KEFU_PLIVO_AUTH_TOKEN: 'k', ...publicUrl }, 'needs KEFU_STREAM_TOKEN'],
    [{ KEFU_GENESYS_CLIENT_SECRET: 's' }, 'needs KEFU_GENESYS_API_KEY'],
    [{ KEFU_STREAM_ALLOW: 'kefu.example.com' }, 'is no address or network'],
    [{ KEFU_AUDIOSOCKET_PORT: '9092', KEFU_AUDIOSOCKET_HOST: '0.0.0.0' }, 'needs KEFU_STREAM_ALLOW'],
    [{ KEFU_AUDIOSOCKET_PORT: '70000' }, 'KEFU_AUDIOSOCKET_PORT'],
  ])('refuse %j', (environment, problem) => {
    expect(() => readConfig(environment)).toThrow(problem);
  });
});
