package main

import (
	"cmp"
	"log/slog"
	"net/netip"
	"path/filepath"

	"kyoten/internal/clock"
	"kyoten/notify"
)

// storing is where the data is: the settings of every command that opens the
// database. The folder itself is each command's own, since its default differs.
type storing struct {
	DatabaseURL     string `name:"database-url" env:"KYOTEN_DATABASE_URL,DATABASE_URL" placeholder:"URL" help:"Database: postgres://... or sqlite:PATH. Without it, SQLite in the data folder."`
	DatabaseURLFile string `name:"database-url-file" placeholder:"FILE" help:"File that holds the database URL, so that its password stands in no process list."`
	SecretFile      string `placeholder:"FILE" help:"File with the master key that wraps the signing keys. Without it, secret.key in the data folder, made at the first start."`
}

// listening is how the server is reached.
type listening struct {
	Addr           string   `default:":8080" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes any free one."`
	TLSCert        string   `name:"tls-cert" env:"KYOTEN_TLS_CERT" placeholder:"FILE" help:"Certificate (PEM) to serve HTTPS with. It is read again when the file changes."`
	TLSKey         string   `name:"tls-key" env:"KYOTEN_TLS_KEY" placeholder:"FILE" help:"Private key (PEM) of the certificate."`
	PublicURL      string   `name:"public-url" env:"KYOTEN_PUBLIC_URL" placeholder:"URL" help:"Address by which people reach the server, for links in mails and for passkeys, which belong to its host. Without it, the address listened on."`
	TrustedProxies []string `placeholder:"NET" help:"Networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 10.0.0.0/8."`
	Migrate        toggle   `default:"true" help:"Bring the database to the newest version at the start."`
}

// mailing is how mail leaves, which without a server is written to files, and to
// where webhooks may.
type mailing struct {
	SMTPURL          string   `name:"smtp-url" env:"KYOTEN_SMTP_URL" placeholder:"URL" help:"Mail server: smtp://USER@HOST:587 (STARTTLS), smtps://USER@HOST:465 (TLS), smtp://localhost:25 (plain, on this machine alone). Without it, mails are written to the outbox folder in the data folder."`
	SMTPPasswordFile string   `name:"smtp-password-file" env:"KYOTEN_SMTP_PASSWORD_FILE" placeholder:"FILE" help:"File that holds the mail server's password. KYOTEN_SMTP_PASSWORD may hold the password itself."`
	MailFrom         string   `default:"Kyoten <noreply@localhost>" placeholder:"ADDRESS" help:"Sender of mails."`
	WebhookNetworks  []string `placeholder:"NET" help:"Networks of your own to which webhooks may be sent, also by http, such as 10.1.0.0/16. Without them, webhooks go to public addresses by https alone."`
}

// logging is what the log says.
type logging struct {
	LogLevel  string `default:"info" placeholder:"LEVEL" help:"Least level to log: debug, info, warn or error."`
	LogFormat string `default:"json" placeholder:"FORMAT" help:"Form of the log: json or text."`
}

// config is what the settings of a server come to once they are checked.
type config struct {
	con             console
	log             *slog.Logger
	now             clock.Func
	folder          string
	databaseURL     string
	secretFile      string
	migrate         bool
	addr            string
	cert, key       string
	publicURL       string
	proxies         []netip.Prefix
	sender          notify.Sender
	mailFrom        string
	webhookNetworks []netip.Prefix
	smtp            string // the mail server without its password, "" = files
}

// newConfig checks the settings and reports all that is wrong with them at once.
func newConfig(con console, folder string, s storing, l listening, ml mailing, lg logging) (config, error) {
	var m mistakes
	cfg := config{
		con: con, now: clock.Now, folder: folder, addr: l.Addr, cert: l.TLSCert, key: l.TLSKey,
		log:             m.logger(lg, con),
		secretFile:      cmp.Or(s.SecretFile, filepath.Join(folder, "secret.key")),
		databaseURL:     m.database(s, folder),
		migrate:         m.yes("migrate", l.Migrate),
		publicURL:       m.address("public-url", l.PublicURL),
		proxies:         m.networks("trusted-proxies", l.TrustedProxies),
		sender:          m.sender(ml, filepath.Join(folder, "outbox")),
		mailFrom:        m.mailbox("mail-from", ml.MailFrom),
		webhookNetworks: m.networks("webhook-networks", ml.WebhookNetworks),
	}
	cfg.smtp = masked(ml.SMTPURL)
	m.hostPort("addr", l.Addr)
	m.certificate(l.TLSCert, l.TLSKey)
	return cfg, m.err()
}

// summary is the settings as the log may show them: no password, no key.
func (c config) summary() []any {
	return []any{
		"addr", c.addr, "tls", c.cert != "", "public_url", c.publicURL, "data", c.folder,
		"database", masked(c.databaseURL), "migrate", c.migrate, "trusted_proxies", len(c.proxies),
		"mail_from", c.mailFrom, "smtp", c.smtp, "webhook_networks", len(c.webhookNetworks),
	}
}
