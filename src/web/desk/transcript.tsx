import { Empty, Flex, Input, theme, Typography } from 'antd';
import { useContext, useEffect, useRef, useState, type RefObject } from 'react';
import type { InputRef } from 'antd';
import type { TranscriptLine } from '../../core/desk.ts';
import { LanguageContext } from '../texts.ts';
import { linesWith, piecesOf } from './search.ts';
import { useDeskTexts } from './texts.ts';

/** What both sides have said and are saying, with a search. It stays at the end unless somebody scrolled up to read. */
export function Transcript(props: {
  readonly lines: readonly TranscriptLine[];
  readonly searchRef?: RefObject<InputRef | null>;
  readonly height?: number;
}) {
  const t = useDeskTexts();
  const { token } = theme.useToken();
  const [wanted, setWanted] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  // Words that were cut before anybody heard them are no part of the conversation.
  const said = props.lines.filter(({ text }) => text !== '');
  const shown = linesWith(said, wanted);
  useEffect(() => {
    if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown]);
  return (
    <Flex vertical gap="small">
      <Input.Search
        {...(props.searchRef && { ref: props.searchRef })}
        allowClear
        aria-label={t('searchTranscript')}
        placeholder={t('searchTranscript')}
        value={wanted}
        onChange={(event) => setWanted(event.target.value)}
      />
      <div
        ref={box}
        role="log"
        aria-label={t('transcript')}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < 40;
        }}
        style={{
          maxHeight: props.height ?? 380,
          minHeight: 80,
          overflowY: 'auto',
          border: `1px solid ${token.colorBorderSecondary}`,
          borderRadius: token.borderRadius,
          padding: 8,
        }}
      >
        {shown.length === 0 && (
          <Empty
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            description={t(props.lines.length === 0 ? 'noLines' : 'noHits')}
          />
        )}
        {shown.map((line) => (
          <Line key={line.id} line={line} wanted={wanted} />
        ))}
      </div>
    </Flex>
  );
}

function Line({ line, wanted }: { readonly line: TranscriptLine; readonly wanted: string }) {
  const t = useDeskTexts();
  const language = useContext(LanguageContext);
  const { token } = theme.useToken();
  const own = line.who !== 'caller';
  const time = new Date(line.atEpochMs).toLocaleTimeString(language === 'zh' ? 'zh-CN' : 'en-GB');
  const background = {
    caller: token.colorFillTertiary,
    kefu: token.colorInfoBg,
    agent: token.colorSuccessBg,
    supervisor: token.colorWarningBg,
  };
  return (
    <Flex vertical align={own ? 'end' : 'start'} style={{ marginBottom: 8 }}>
      <Typography.Text type="secondary" style={{ fontSize: token.fontSizeSM }}>
        {line.name ?? t(line.who)} · {time}
      </Typography.Text>
      <div
        style={{
          background: background[line.who],
          borderRadius: 8,
          padding: '4px 10px',
          maxWidth: '85%',
          overflowWrap: 'anywhere',
          whiteSpace: 'pre-wrap',
          opacity: line.final ? 1 : 0.65,
        }}
      >
        {piecesOf(line.text, wanted).map((piece, index) =>
          piece.hit ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
        {!line.final && ' …'}
      </div>
    </Flex>
  );
}
