const DEADLINE_MS = 60_000;

/** The API of the measured gateway. */
export class ApiClient {
  constructor(
    readonly baseUrl: string,
    private readonly key: string,
  ) {}

  get<Body>(path: string): Promise<Body> {
    return this.#send('GET', path);
  }

  patch<Body>(path: string, body: object): Promise<Body> {
    return this.#send('PATCH', path, body);
  }

  async #send<Body>(method: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }
}
