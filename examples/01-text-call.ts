/**
 * A typed conversation with a running Kefu over its text channel (docs/telephony.md).
 *
 *     npx tsx examples/01-text-call.ts [ws://127.0.0.1:8080]
 */
import { WebSocket } from 'ws';

const [url = 'ws://127.0.0.1:8080'] = process.argv.slice(2);
const lines = ['Hi, where is my order?', 'W2378156', 'No, thank you.'];

type FromKefu =
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'listening'; readonly expecting: { readonly slot: string } | null }
  | { readonly type: 'end'; readonly outcome: string }
  | { readonly type: 'error'; readonly message: string };

const socket = new WebSocket(`${url.replace(/\/$/, '')}/channels/text`);
socket.on('open', () => {
  socket.send(JSON.stringify({ type: 'start', from: '+12125550101', language: 'en' }));
});
socket.on('message', (data) => {
  const message = JSON.parse((data as Buffer).toString('utf8')) as FromKefu;
  if (message.type === 'say') console.log(`Kefu:   ${message.text}`);
  if (message.type === 'error') console.error(`Error:  ${message.message}`);
  if (message.type === 'end') console.log(`(ended: ${message.outcome})`);
  // `listening` comes after Kefu's last words of a turn and names what it waits for.
  if (message.type === 'listening') {
    const text = lines.shift();
    if (text === undefined) {
      socket.close();
      return;
    }
    console.log(`Caller: ${text}    (${message.expecting?.slot ?? 'nothing'} was expected)`);
    socket.send(JSON.stringify({ type: 'text', text }));
  }
});
socket.on('error', (error) => {
  console.error(`No conversation: ${error.message}. Is Kefu running at ${url}?`);
  process.exitCode = 1;
});
