/**
 * What Twilio sends when a call comes in, signed with the auth token, and what Kefu answers: TwiML that connects the call to Kefu's
 * media stream.
 *
 *     npx tsx examples/05-twilio-webhook.ts [http://127.0.0.1:8080] [AUTH_TOKEN] [PUBLIC_URL]
 *
 * Without an auth token Kefu serves this machine unsigned. With one, the signature is made for the public URL, as Twilio does.
 */
import twilio from 'twilio';

const [url = 'http://127.0.0.1:8080', authToken, publicUrl = url] = process.argv.slice(2);
const form = {
  AccountSid: 'AC00000000000000000000000000000000',
  CallSid: 'CA00000000000000000000000000000001',
  CallStatus: 'ringing',
  Direction: 'inbound',
  From: '+12125550101',
  To: '+18005550100',
};
const headers =
  authToken === undefined
    ? {}
    : {
        'X-Twilio-Signature': twilio.getExpectedTwilioSignature(authToken, `${publicUrl}/twilio/voice`, form),
      };

try {
  const response = await fetch(`${url}/twilio/voice`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  console.log(`${String(response.status)} ${response.headers.get('content-type') ?? ''}`);
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(`Nobody answers at ${url}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
