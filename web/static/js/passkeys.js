// Passkeys: a device shows that its owner is there, and no password is typed. The
// server makes the question and checks the answer; here only bytes are turned into
// base64url and back, by hand, since browsers of last year do not all know how.

const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

class Refused extends Error {}

async function ask(path) {
  const answer = await fetch(path, { method: "POST", headers: { "Accept-Language": document.documentElement.lang } });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(body.detail);
  const key = body.public_key;
  key.challenge = decode(key.challenge);
  if (key.user) key.user.id = decode(key.user.id);
  for (const known of [...(key.excludeCredentials ?? []), ...(key.allowCredentials ?? [])]) known.id = decode(known.id);
  return key;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = encode(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id, rawId: encode(credential.rawId), type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(), response,
  });
}

async function send(form, credential) {
  form.elements.credential.value = written(await credential);
  form.submit();
}

// While the sign-in form stands there, its field offers passkeys like addresses that
// were typed before. The question is put anew before it grows too old.
let waiting = null;
async function offer(form) {
  for (;;) {
    waiting = new AbortController();
    const { signal } = waiting;
    const old = setTimeout(() => signal.aborted || waiting.abort("old"), 8 * 60_000);
    try {
      const publicKey = await ask(form.dataset.ask);
      signal.throwIfAborted();
      await send(form, navigator.credentials.get({ publicKey, mediation: "conditional", signal }));
      return;
    } catch {
      if (signal.reason !== "old") return; // the button was pressed, or this browser offers nothing
    } finally {
      clearTimeout(old);
    }
  }
}

async function run(form) {
  const said = form.querySelector("[data-said]");
  said.hidden = true;
  waiting?.abort("pressed");
  try {
    const publicKey = await ask(form.dataset.ask);
    await send(form, form.dataset.passkey === "create" ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  } catch (error) {
    said.textContent = error instanceof Refused ? error.message : error.name === "InvalidStateError" ? said.dataset.known : said.dataset.failed;
    said.hidden = false;
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation(); // it is sent once the device has answered
      run(form);
    });
    if (form.dataset.passkey === "get") PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => can && offer(form));
  }
  document.querySelectorAll("[data-passkey-needs]").forEach((line) => { line.hidden = true; });
}
