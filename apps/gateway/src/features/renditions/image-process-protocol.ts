export interface ImageRequest<Options> {
  readonly id: number;
  readonly path: string;
  readonly options: Options;
}

export type ImageReply<Result> =
  | { readonly ready: true }
  | { readonly id: number; readonly result: Result }
  | {
      readonly id: number;
      readonly error: { readonly retryable: boolean; readonly code: string; readonly message: string };
    };
