// A certified OpenID provider for the sign-in tests, on this machine only.
//
// Usage: node provider.mjs MODULES CONFIG, where MODULES is the folder with node_modules and CONFIG is JSON:
// port, portal (its address), client (id and secret), keys (a JWK set with private parts) and people (claims by
// user name; any password will do).
import { lookup } from "node:dns";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, text] = process.argv.slice(2);
const config = JSON.parse(text);
const address = pathToFileURL(resolve(join(modules, "node_modules/oidc-provider/lib/index.js")));
const { default: Provider } = await import(address.href);

const provider = new Provider(`http://127.0.0.1:${config.port}`, {
  jwks: config.keys,
  cookies: { keys: ["only for tests"] },
  clients: [
    {
      client_id: config.client.id,
      client_secret: config.client.secret,
      redirect_uris: [`${config.portal}/login/callback`],
      post_logout_redirect_uris: [`${config.portal}/`],
      backchannel_logout_uri: `${config.portal}/login/backchannel-logout`,
      // Orders to sign out then name the one sign-in they mean, and ID tokens carry its number.
      backchannel_logout_session_required: true,
    },
  ],
  scopes: ["openid", "profile", "email", "groups"],
  // As the specification has it, these come with userinfo and not with the ID token.
  claims: {
    openid: ["sub"],
    profile: ["name", "locale"],
    email: ["email", "email_verified"],
    groups: ["groups"],
  },
  features: { backchannelLogout: { enabled: true } },
  pkce: { required: () => true, methods: ["S256"] },
  findAccount: (_ctx, name) =>
    config.people[name] && {
      accountId: name,
      claims: async () => ({ sub: name, ...config.people[name] }),
    },
  // Orders to sign out go to the portal's own name, which may also stand for an address nobody listens on.
  httpOptions: () => ({
    dnsLookup: (name, options, done) => lookup(name, { ...options, family: 4 }, done),
  }),
});

// Whatever the provider cannot deliver or answer is read when a test fails.
for (const event of ["backchannel.error", "grant.error", "authorization.error", "server_error"]) {
  provider.on(event, (_ctx, error) => console.error(event, error.message));
}
provider.listen(config.port, "127.0.0.1");
