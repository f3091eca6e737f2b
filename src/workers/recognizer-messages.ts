/** What a recogniser thread is asked. Answers come in the order of the requests. */
export type RecognizerRequest =
  /** Read a whole clip (models that do not stream). */
  | { readonly type: 'read'; readonly job: number; readonly samples: Int16Array }
  /** Go on with a turn (streaming models). `final`: tell the text up to here, though more may come. */
  | {
      readonly type: 'feed';
      readonly job: number;
      readonly turn: number;
      readonly samples: Int16Array;
      readonly final: boolean;
    }
  /** Nothing more of a turn is wanted (streaming models). */
  | { readonly type: 'forget'; readonly turn: number };

export type RecognizerReply =
  | {
      readonly job: number;
      readonly ok: true;
      readonly reading: Reading;
      /** Time spent decoding. */
      readonly decodeMs: number;
    }
  | { readonly job: number; readonly ok: false; readonly message: string };

/** What a model made of a piece of speech. */
export interface Reading {
  /** Empty when it made out no words. */
  readonly text: string;
  /** 0 to 1; undefined when the model tells nothing it could be derived from. */
  readonly confidence: number | undefined;
}
