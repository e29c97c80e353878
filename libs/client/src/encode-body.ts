export interface EncodedBody {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodySerializer?: (body: unknown) => unknown;
}

/**
 * Encodes a body as the API expects it: text as CSV, a single file as an archive, an object with files as a form,
 * anything else as JSON.
 */
export function encodeBody(body: unknown): EncodedBody {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body, headers: { 'content-type': 'text/csv' }, bodySerializer: () => body };
  if (body instanceof Blob) return { body, headers: { 'content-type': 'application/zip' }, bodySerializer: () => body };
  const form = formOf(body as object);
  return form === null ? { body } : { body, bodySerializer: () => form };
}

function formOf(body: object): FormData | null {
  const files = Object.entries(body).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : []).filter((one) => one instanceof Blob).map((file) => [name, file] as const),
  );
  if (files.length === 0) return null;
  const form = new FormData();
  // A File carries its own name.
  for (const [name, file] of files) form.append(name, file);
  return form;
}
