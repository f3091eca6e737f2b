import { Flex, Tag, Typography } from 'antd';
import { useContext, useEffect, useState } from 'react';
import { earlierContactsSchema, type EarlierContact } from '../../core/desk-records.ts';
import { isMissing, loadJson } from '../api.ts';
import { formatTime } from '../format.ts';
import { LanguageContext } from '../texts.ts';
import { useDeskCodes } from './code-names.ts';
import { useDeskTexts } from './texts.ts';

/** What colleagues wrote down about earlier contacts of the same customer or number. */
export function EarlierContacts({ callId }: { readonly callId: string }) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const language = useContext(LanguageContext);
  const [loaded, setLoaded] = useState<{
    readonly callId: string;
    readonly contacts: readonly EarlierContact[];
  }>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    loadJson(`/api/desk/calls/${encodeURIComponent(callId)}/earlier`, earlierContactsSchema, abort.signal)
      .then(({ contacts }) => {
        setFailed(false);
        setLoaded({ callId, contacts });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setFailed(!isMissing(error));
      });
    return () => abort.abort();
  }, [callId]);

  const contacts = loaded?.callId === callId ? loaded.contacts : [];
  return (
    <section aria-label={t('earlierContacts')}>
      <Typography.Text strong>{t('earlierContacts')}</Typography.Text>
      {failed && <Typography.Paragraph type="warning">{t('earlierFailed')}</Typography.Paragraph>}
      {contacts.length === 0 && !failed && (
        <Typography.Paragraph type="secondary" style={{ margin: 0 }}>
          {t('noEarlierContacts')}
        </Typography.Paragraph>
      )}
      <Flex vertical gap="small" style={{ marginTop: 4 }}>
        {contacts.map((contact) => (
          <div key={contact.callId} style={{ overflowWrap: 'anywhere' }}>
            <Flex gap={4} wrap align="center">
              <Typography.Text type="secondary">{formatTime(contact.atEpochMs, language)}</Typography.Text>
              <Tag>{nameOf('channel', contact.channel)}</Tag>
              {contact.wrapUpCode !== null && <Tag color="blue">{nameOf('wrapUp', contact.wrapUpCode)}</Tag>}
            </Flex>
            {contact.wanted !== '' && <div>{contact.wanted}</div>}
            {contact.notes.map((note) => (
              <Typography.Paragraph key={note.atEpochMs} style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
                <Typography.Text type="secondary">{note.name}: </Typography.Text>
                {note.text}
              </Typography.Paragraph>
            ))}
          </div>
        ))}
      </Flex>
    </section>
  );
}
