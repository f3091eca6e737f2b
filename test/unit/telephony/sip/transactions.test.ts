import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../../../src/telephony/sip/message.ts';
import { noBody, responseTo, serializeMessage, SipHeaders } from '../../../../src/telephony/sip/message.ts';
import {
  cancelOf,
  Transactions,
  type ServerTransaction,
} from '../../../../src/telephony/sip/transactions.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import {
  asRequest,
  asResponse,
  firstLines,
  keepingFlow,
  requestText,
} from '../../../support/sip/messages.ts';

function layer(transport: 'udp' | 'tcp' = 'udp') {
  const clock = new ManualClock();
  const flow = keepingFlow(transport);
  const requests: ServerTransaction[] = [];
  const acks: SipRequest[] = [];
  const transactions = new Transactions({
    clock,
    onAck: (request) => acks.push(request),
  });
  const receive = (parts: Parameters<typeof requestText>[0] = {}) => {
    transactions.receiveRequest(asRequest(requestText(parts)), flow, (transaction) =>
      requests.push(transaction),
    );
    return requests.at(-1);
  };
  return { clock, flow, requests, acks, transactions, receive, lines: () => firstLines(flow.sent) };
}

function outgoing(method = 'INVITE'): SipRequest {
  const headers = new SipHeaders()
    .add('From', '<sip:kefu@192.0.2.9>;tag=us')
    .add('To', '<sip:callee@192.0.2.1>')
    .add('Call-ID', 'ours')
    .add('CSeq', `1 ${method}`);
  return { type: 'request', method, uri: 'sip:callee@192.0.2.1', headers, body: noBody };
}

describe('requests that come', () => {
  it('are handled once, and repeats get the last response again', () => {
    const { receive, requests, lines } = layer();
    receive()?.respond(180);
    receive();
    expect(requests).toHaveLength(1);
    expect(lines()).toEqual(['180 Ringing', '180 Ringing']);
  });

  it('are refused when they came by another way already, or are our own', () => {
    const { receive, requests, lines, transactions, flow, clock } = layer();
    receive()?.respond(180);
    receive({ branch: 'z9hG4bKother-way' });
    expect([requests.length, lines().at(-1)]).toEqual([1, '482 Loop Detected']);
    // Another call, another number of the same call, and what follows in the call are no twins.
    receive({ branch: 'z9hG4bKcall', callId: 'call-two' });
    receive({ branch: 'z9hG4bKnumber', cseq: 2 });
    receive({ branch: 'z9hG4bKwithin', to: '<sip:shop@192.0.2.9>;tag=us' });
    expect(requests).toHaveLength(4);

    transactions.send(outgoing(), flow, { onResponse: () => undefined, onFailed: () => undefined });
    const own = asRequest(flow.sent.at(-1) ?? noBody);
    const top = new SipHeaders().add('Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKproxy');
    for (const [name, value] of own.headers.entries()) top.add(name, value);
    transactions.receiveRequest({ ...own, headers: top }, flow, () => expect.unreachable());
    expect(lines().at(-1)).toBe('482 Loop Detected');
    transactions.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('may come again with the number of one that was refused', () => {
    const { receive, requests } = layer();
    receive()?.respond(401);
    receive({ branch: 'z9hG4bKwith-password' });
    expect(requests).toHaveLength(2);
  });

  it('are answered where they came from', () => {
    const { receive, flow } = layer();
    receive({ branch: 'z9hG4bKtwo' })?.respond(200);
    const [answer = noBody] = flow.sent;
    expect(asResponse(answer).headers.get('via')).toBe(
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtwo;rport=5060;received=192.0.2.1',
    );
  });

  it('a 2xx is repeated at 0.5, 1.5, 3.5, 7.5 s ... until its ACK comes', () => {
    const { receive, clock, lines } = layer();
    const call = receive();
    call?.respond(200);
    clock.advance(499);
    expect(lines()).toHaveLength(1);
    clock.advance(1);
    expect(lines()).toHaveLength(2);
    clock.advance(7_000);
    expect(lines()).toHaveLength(5);
    call?.acknowledged();
    clock.advance(31_000);
    expect(lines()).toHaveLength(5);
  });

  it('a 2xx that is never acknowledged is given up after 32 s', () => {
    const { receive, clock, lines, transactions } = layer();
    let given = 0;
    const call = receive();
    if (call) call.onUnacknowledged = () => (given += 1);
    call?.respond(200);
    clock.advance(31_999);
    expect(given).toBe(0);
    clock.advance(1);
    expect([given, lines().length, transactions.size, clock.pendingTimers]).toEqual([1, 11, 0, 0]);
  });

  it('a refusal is repeated until its ACK, which nobody else sees', () => {
    const { receive, clock, lines, acks } = layer();
    receive()?.respond(486);
    clock.advance(500);
    receive({ method: 'ACK' });
    clock.advance(60_000);
    expect(lines()).toEqual(['486 Busy Here', '486 Busy Here']);
    expect(acks).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('over TCP a refusal is sent once', () => {
    const { receive, clock, lines } = layer('tcp');
    receive()?.respond(486);
    clock.advance(60_000);
    expect(lines()).toEqual(['486 Busy Here']);
  });

  it('CANCEL stops a call that rings, and comes too late for one that was answered', () => {
    const { receive, requests, lines } = layer();
    const call = receive();
    if (call) call.onCancel = () => call.respond(487);
    receive({ method: 'CANCEL' });
    receive({ method: 'CANCEL', branch: 'z9hG4bKother' });
    expect(lines()).toEqual(['200 OK', '487 Request Terminated', '481 Call/Transaction Does Not Exist']);
    const second = receive({ branch: 'z9hG4bKthree' });
    second?.respond(200);
    if (second) second.onCancel = () => expect.unreachable();
    receive({ method: 'CANCEL', branch: 'z9hG4bKthree' });
    expect(requests).toHaveLength(2);
  });

  it('tells calls of RFC 2543 apart without a branch', () => {
    const { receive, requests } = layer();
    receive({ branch: 'old' });
    receive({ branch: 'old' });
    receive({ branch: 'old', callId: 'another' });
    expect(requests).toHaveLength(2);
  });
});

describe('requests of ours', () => {
  it('INVITE is repeated with growing pauses and fails after 32 s', () => {
    const { clock, flow, transactions, lines } = layer();
    const failed: string[] = [];
    transactions.send(outgoing(), flow, {
      onResponse: () => expect.unreachable(),
      onFailed: (why) => failed.push(why),
    });
    clock.advance(31_999);
    expect(lines()).toHaveLength(7);
    clock.advance(1);
    expect([failed, clock.pendingTimers, transactions.size]).toEqual([['timeout'], 0, 0]);
  });

  it('other requests are repeated every 4 s at most, over TCP not at all', () => {
    const udp = layer();
    const quiet = { onResponse: () => undefined, onFailed: () => undefined };
    udp.transactions.send(outgoing('BYE'), udp.flow, quiet);
    udp.clock.advance(32_000);
    expect(udp.lines()).toHaveLength(11);
    const tcp = layer('tcp');
    tcp.transactions.send(outgoing('BYE'), tcp.flow, quiet);
    tcp.clock.advance(32_000);
    expect(tcp.lines()).toHaveLength(1);
  });

  it('a refused INVITE is acknowledged each time the refusal comes', () => {
    const { clock, flow, transactions, lines } = layer();
    const statuses: number[] = [];
    const sent = transactions.send(outgoing(), flow, {
      onResponse: ({ status }) => statuses.push(status),
      onFailed: () => expect.unreachable(),
    });
    const refusal = responseTo(sent.request, 486, { toTag: 'them' });
    transactions.receiveResponse(responseTo(sent.request, 180, { toTag: 'them' }));
    transactions.receiveResponse(refusal);
    transactions.receiveResponse(refusal);
    expect(statuses).toEqual([180, 486]);
    expect(lines()).toEqual([
      'INVITE sip:callee@192.0.2.1',
      'ACK sip:callee@192.0.2.1',
      'ACK sip:callee@192.0.2.1',
    ]);
    expect(asRequest(flow.sent[1] ?? noBody).headers.get('to')).toContain('tag=them');
    clock.advance(32_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('every repeat of a 2xx reaches the call, which repeats its ACK', () => {
    const { flow, transactions } = layer();
    const statuses: number[] = [];
    const sent = transactions.send(outgoing(), flow, {
      onResponse: ({ status }) => statuses.push(status),
      onFailed: () => undefined,
    });
    transactions.receiveResponse(responseTo(sent.request, 200));
    transactions.receiveResponse(responseTo(sent.request, 200));
    expect(statuses).toEqual([200, 200]);
  });

  it('a CANCEL has the branch of its INVITE', () => {
    const { flow, transactions } = layer();
    const quiet = { onResponse: () => undefined, onFailed: () => undefined };
    const sent = transactions.send(outgoing(), flow, quiet);
    transactions.send(cancelOf(sent.request), flow, quiet);
    const [invite, cancel] = flow.sent.map((bytes) => asRequest(bytes));
    expect(cancel?.headers.get('via')).toBe(invite?.headers.get('via'));
    expect(cancel?.headers.get('cseq')).toBe('1 CANCEL');
  });

  it('a response of a foreign branch is ignored', () => {
    const { flow, transactions } = layer();
    const sent = transactions.send(outgoing('OPTIONS'), flow, {
      onResponse: () => expect.unreachable(),
      onFailed: () => undefined,
    });
    const foreign = Buffer.from(serializeMessage(responseTo(sent.request, 200))).toString();
    transactions.receiveResponse(
      asResponse(Buffer.from(foreign.replace(/branch=z9hG4bK\w+/, 'branch=z9hG4bKx'))),
    );
    transactions.close();
  });
});
