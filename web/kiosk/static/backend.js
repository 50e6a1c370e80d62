// Who answers: the server at an online gate, or the agent at the door. Both
// classes have the same methods and fail in the same ways. An agent offers a seat
// to walk in only while it has its server.

// Away says that nobody could answer now: ask again.
export class Away extends Error {}

// Stranger says that the token is not, or no longer, a gate's.
export class Stranger extends Error {}

// Refused carries the problem the back end answered with.
export class Refused extends Error {
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

const patience = 4000; // how long one answer may take
const tokenKey = 'kyoten.gate.token';

// newKey returns a fresh key: whoever repeats a request under it asks only once.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

class Backend {
  get token() { return localStorage.getItem(tokenKey) ?? ''; }

  keep(token) { localStorage.setItem(tokenKey, token); }

  forget() { localStorage.removeItem(tokenKey); }

  // send returns the JSON answer to one request.
  async send(method, path, { body, key, token = this.token } = {}) {
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = 'Bearer ' + token;
    if (body) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    const answer = await reach(path, { method, headers, body: body && JSON.stringify(body) });
    if (answer.status === 401 || answer.status === 403) throw new Stranger(answer.data.code);
    if (answer.status === 429 || answer.status >= 500) throw new Away('status ' + answer.status);
    if (answer.status >= 400) throw new Refused(answer.data);
    return answer.data;
  }
}

// reach fetches path; whatever keeps an answer from coming whole is Away.
async function reach(path, request) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(path, { ...request, credentials: 'omit', cache: 'no-store', redirect: 'error', signal: stop.signal });
    const text = await answer.text();
    return { status: answer.status, data: text ? JSON.parse(text) : {} };
  } catch (error) {
    throw new Away(error.message);
  } finally {
    clearTimeout(late);
  }
}

// Server is the online gate's back end.
export class Server extends Backend {
  check(code, direction, key) {
    return this.send('POST', '/api/v1/access/checks', { body: { code, direction }, key });
  }

  walkIn(passage, key) {
    return this.send('POST', '/api/v1/access/walk-ins', { body: { passage_id: passage }, key });
  }

  // describe tells which door this is. What the site is called is public.
  async describe(token = this.token) {
    const gate = await this.send('GET', '/api/v1/gate', { token });
    const site = await this.send('GET', '/api/v1/sites/' + encodeURIComponent(gate.site), { token: '' });
    return { ...gate, site: { ja: site.name_ja ?? site.name, en: site.name_en ?? site.name }, timeZone: site.time_zone };
  }

  // pulse returns the server's time. It is asked for as the gate: so staff see that
  // the door is there, and the door that it was revoked, before anybody scans.
  async pulse() {
    const { now } = await this.send('GET', '/api/v1/time');
    return { net: 'online', now };
  }

  // join makes this browser a gate, by a gate's token or an enrolment code.
  async join(secret) {
    try {
      await this.send('GET', '/api/v1/gate', { token: secret });
      this.keep(secret);
    } catch (error) {
      if (!(error instanceof Stranger)) throw error;
      const { token } = await this.send('POST', '/api/v1/gates/enrol', { body: { enrolment_code: secret }, token: '' });
      this.keep(token);
    }
  }
}

// Agent is the back end of `kyoten gate`: the same machine, or one in the house.
export class Agent extends Backend {
  check(code, direction, key) {
    return this.send('POST', '/scan', { body: { code, direction }, key });
  }

  walkIn(passage, key) {
    return this.send('POST', '/walk-ins', { body: { passage_id: passage }, key });
  }

  async describe(token = this.token) {
    const { gate } = await this.send('GET', '/status', { token });
    return { ...gate, site: { ja: gate.site_name.ja || gate.site, en: gate.site_name.en || gate.site }, timeZone: gate.time_zone };
  }

  // pulse tells whether the agent has its server; it decides either way.
  async pulse() {
    const { online, now } = await this.send('GET', '/status');
    return { net: online ? 'online' : 'alone', now };
  }

  async join(secret) {
    await this.send('GET', '/status', { token: secret });
    this.keep(secret);
  }
}
