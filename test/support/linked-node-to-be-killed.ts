import { openLinkedNode } from './linked-node.ts';

// A node whose agent `anna` takes every call, until it is killed. Arguments: the address of Redis, the prefix of keys, the secret.
const [redisUrl = '', prefix = '', secret = ''] = process.argv.slice(2);
const node = await openLinkedNode({ redisUrl, prefix, secret });
const { wire, line } = node.agent('anna');
wire.send = (message) => {
  if (message.type === 'offer') line.request({ type: 'accept', entryId: message.card.entryId });
  if (message.type === 'conversation') console.log('talking');
};
