/** A multipart form with the boundary `b`, written by hand: FormData would normalize the names under test. */
export function formOf(files: readonly (readonly [name: string, content: Uint8Array | string])[]): Buffer {
  const parts = files.map(([name, content]) =>
    Buffer.concat([
      Buffer.from(
        `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n`,
      ),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
  );
  return Buffer.concat([...parts, Buffer.from('--b--\r\n')]);
}

export const FORM_TYPE = { 'content-type': 'multipart/form-data; boundary=b' };
