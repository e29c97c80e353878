import type { RenderOptions } from '@pugmark/images';

export interface ToRenderer {
  readonly id: number;
  readonly path: string;
  readonly options: RenderOptions;
}

export type FromRenderer =
  | { readonly ready: true }
  | { readonly id: number; readonly jpeg: Uint8Array }
  | { readonly id: number; readonly error: { readonly retryable: boolean; readonly code: string; readonly message: string } };
