import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';

const account = {
  KEFU_PUBLIC_URL: 'https://kefu.example.com',
  KEFU_TWILIO_AUTH_TOKEN: 'the auth token',
  KEFU_TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
  KEFU_TWILIO_NUMBER: '+15550001111',
  KEFU_TWILIO_DIAL_NUMBERS: String.raw`\+1\d{10} \+49\d{5,13}`,
};

function refusal(settings: Record<string, string | undefined>): string {
  try {
    readConfig(settings);
  } catch (error) {
    return String(error);
  }
  throw new Error('these settings were taken');
}

describe('the settings of dialling through Twilio', () => {
  it('dial nobody by default', () => {
    expect(readConfig({}).twilioDialling).toBeUndefined();
  });

  it('use the auth token, or an API key if there is one', () => {
    expect(readConfig(account).twilioDialling).toEqual({
      accountSid: account.KEFU_TWILIO_ACCOUNT_SID,
      user: account.KEFU_TWILIO_ACCOUNT_SID,
      password: 'the auth token',
      number: '+15550001111',
      numbers: [/^(?:\+1\d{10})$/, /^(?:\+49\d{5,13})$/],
      ...{ maxCalls: 5, maxCallsPerHour: 60, region: undefined, edge: undefined },
    });
    const key = {
      KEFU_TWILIO_API_KEY: 'SK00000000000000000000000000000001',
      KEFU_TWILIO_API_SECRET: 'the secret',
      KEFU_TWILIO_MAX_DIALLED: '2',
      KEFU_TWILIO_REGION: 'ie1',
      KEFU_TWILIO_EDGE: 'dublin',
    };
    expect(readConfig({ ...account, ...key }).twilioDialling).toMatchObject({
      ...{
        user: key.KEFU_TWILIO_API_KEY,
        password: 'the secret',
        maxCalls: 2,
        region: 'ie1',
        edge: 'dublin',
      },
    });
  });

  it.each(['KEFU_TWILIO_AUTH_TOKEN', 'KEFU_TWILIO_NUMBER', 'KEFU_TWILIO_DIAL_NUMBERS'])(
    'name %s when it is missing',
    (name) => {
      expect(refusal({ ...account, [name]: undefined })).toContain(name);
    },
  );

  it.each([
    ['KEFU_TWILIO_API_KEY', 'SK00000000000000000000000000000001', 'KEFU_TWILIO_API_SECRET'],
    ['KEFU_TWILIO_DIAL_NUMBERS', '+1(', 'no regular expression'],
    ['KEFU_TWILIO_ACCOUNT_SID', 'SK00000000000000000000000000000001', 'must be AC'],
    ['KEFU_TWILIO_NUMBER', '5551234', 'must be a number'],
    ['KEFU_TWILIO_MAX_DIALLED', '0', 'KEFU_TWILIO_MAX_DIALLED'],
  ])('refuse %s as %s', (name, value, because) => {
    expect(refusal({ ...account, [name]: value })).toContain(because);
  });

  it('mean nothing without an account', () => {
    expect(refusal({ KEFU_TWILIO_NUMBER: '+15550001111' })).toContain('KEFU_TWILIO_ACCOUNT_SID');
  });
});
