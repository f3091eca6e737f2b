import { Button, Flex, Input, Typography } from 'antd';
import type { DeskClient } from './client.ts';
import type { Contact, DeskState } from './state.ts';
import { useDeskTexts } from './texts.ts';

/** Writes to the customer of a text conversation. What is written and not sent stays while its agent looks at another one. */
export function Composer(props: {
  readonly contact: Contact;
  readonly state: DeskState;
  readonly desk: DeskClient;
}) {
  const t = useDeskTexts();
  const { contact, desk, state } = props;
  const { entryId } = contact;
  const key = `text:${entryId}`;
  const text = state.drafts[key] ?? '';
  const ready = text.trim() !== '' && state.link.state === 'open';
  const send = () => {
    if (!ready || !desk.send({ type: 'text', entryId, text: text.trim() })) return;
    desk.dispatch({ type: 'draft', key, text: '' });
  };
  return (
    <Flex vertical gap={4}>
      <Flex gap="small" align="end">
        <Input.TextArea
          aria-label={t('write')}
          placeholder={t('write')}
          autoSize={{ minRows: 2, maxRows: 6 }}
          maxLength={2000}
          value={text}
          onChange={(event) => desk.dispatch({ type: 'draft', key, text: event.target.value })}
          onPressEnter={(event) => {
            // While Chinese is being composed, Enter chooses characters.
            if (event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <Button type="primary" disabled={!ready} onClick={send}>
          {t('send')}
        </Button>
      </Flex>
      <Typography.Text type="secondary">{t('sendHint')}</Typography.Text>
    </Flex>
  );
}
