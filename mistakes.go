package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"kyoten/notify"
)

// toggle is a yes or no that is judged with the other settings, so that a wrong
// one is reported together with theirs.
type toggle string

// IsBool lets --migrate stand for --migrate=true.
func (toggle) IsBool() bool { return true }

// Decode takes the word as it stands.
func (t *toggle) Decode(ctx *kong.DecodeContext) error {
	*t = "true"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		*t = toggle(fmt.Sprint(ctx.Scan.Pop().Value))
	}
	return nil
}

// smtpPassword is read from the environment alone: no flag shows it.
const smtpPassword = "KYOTEN_SMTP_PASSWORD"

// unknownSettings returns the names in an environment that look like settings and
// are none of any command: a mistyped one would be ignored in silence. They end
// nothing, since others make such names, too: a cluster does for each service.
func unknownSettings(app *kong.Application, environment []string) (unknown []string) {
	known := map[string]bool{smtpPassword: true}
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, is := node.(*kong.Flag); is {
			for _, name := range flag.Envs {
				known[name] = true
			}
		}
		return next(nil)
	})
	for _, pair := range environment {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "KYOTEN_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// mistakes collects what is wrong with the settings: all of it is reported at
// once, and nothing starts.
type mistakes []error

// note keeps err, if there is one, under the setting's flag.
func (m *mistakes) note(flag string, err error) {
	if err != nil {
		*m = append(*m, fmt.Errorf("--%s: %w", flag, err))
	}
}

// err returns all mistakes, or nil.
func (m *mistakes) err() error { return errors.Join(*m...) }

// yes returns what the toggle says.
func (m *mistakes) yes(flag string, t toggle) bool {
	switch strings.ToLower(string(t)) {
	case "true", "yes", "1", "on":
		return true
	case "false", "no", "0", "off":
		return false
	}
	m.note(flag, fmt.Errorf("%q is neither true nor false", string(t)))
	return false
}

// hostPort checks an address to listen on.
func (m *mistakes) hostPort(flag, addr string) {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	m.note(flag, err)
}

// secret returns value, or what file holds; both at once are a mistake.
func (m *mistakes) secret(flag, value, file string) string {
	if file == "" {
		return value
	}
	if value != "" {
		m.note(flag, errors.New("given twice, as a value and as a file"))
	}
	raw, err := os.ReadFile(filepath.Clean(file))
	m.note(flag, err)
	return strings.TrimSpace(string(raw))
}

// database returns the URL of the database in the form models.Open takes.
func (m *mistakes) database(s storing, folder string) string {
	given := m.secret("database-url-file", s.DatabaseURL, s.DatabaseURLFile)
	scheme, rest, _ := strings.Cut(given, ":")
	switch {
	case given == "":
		return "sqlite:" + filepath.Join(folder, "kyoten.db")
	case scheme == "sqlite" && rest != "", scheme == "postgres", scheme == "postgresql", strings.Contains(given, "host="):
		return given
	}
	m.note("database-url", errors.New("must begin with postgres:// or with sqlite: and a path"))
	return ""
}

// certificate checks the two files by loading them once.
func (m *mistakes) certificate(cert, key string) {
	switch {
	case cert == "" && key == "":
	case cert == "" || key == "":
		m.note("tls-cert", errors.New("--tls-cert and --tls-key are given together or not at all"))
	default:
		_, err := tls.LoadX509KeyPair(cert, key)
		m.note("tls-cert", err)
	}
}

// address checks a URL of the server itself: scheme and host, no more.
func (m *mistakes) address(flag, text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err == nil && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		err = fmt.Errorf("%q is not of the form https://HOST", text)
	}
	m.note(flag, err)
	return strings.TrimRight(text, "/")
}

// networks reads networks; a single address is a network of one.
func (m *mistakes) networks(flag string, texts []string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if addr, one := netip.ParseAddr(text); one == nil {
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		m.note(flag, err)
		out = append(out, p)
	}
	return out
}

// smtpPorts are the ports of each scheme where the URL names none.
var smtpPorts = map[string]int{"smtp": 587, "smtps": 465}

// sender returns how mails leave: by the server at the URL, else as files in
// folder.
func (m *mistakes) sender(s mailing, folder string) notify.Sender {
	if s.SMTPURL == "" {
		return notify.Folder(folder)
	}
	u, err := url.Parse(s.SMTPURL)
	if err != nil || smtpPorts[u.Scheme] == 0 || u.Hostname() == "" { // without the cause, which may quote a password
		m.note("smtp-url", errors.New("is not of the form smtp://USER@HOST:PORT or smtps://USER@HOST:PORT; signs other than letters and digits in USER are written as %40"))
		return nil
	}
	port := smtpPorts[u.Scheme]
	if u.Port() != "" {
		port, err = strconv.Atoi(u.Port())
		m.note("smtp-url", err)
	}
	given, _ := u.User.Password()
	ip := net.ParseIP(u.Hostname())
	return notify.SMTP{
		Host: u.Hostname(), Port: port, User: u.User.Username(), Implicit: u.Scheme == "smtps",
		Password: m.secret("smtp-password-file", cmp.Or(os.Getenv(smtpPassword), given), s.SMTPPasswordFile),
		Plain:    u.Scheme == "smtp" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()),
	}
}

// mailbox checks a mail address that may have a name before it.
func (m *mistakes) mailbox(flag, text string) string {
	_, err := mail.ParseAddress(text)
	m.note(flag, err)
	return text
}

// logger returns the log the settings ask for.
func (m *mistakes) logger(l logging, con console) *slog.Logger {
	var level slog.Level
	m.note("log-level", level.UnmarshalText([]byte(l.LogLevel)))
	opts := &slog.HandlerOptions{Level: level}
	switch l.LogFormat {
	case "json":
		return slog.New(slog.NewJSONHandler(con.err, opts))
	case "text":
	default:
		m.note("log-format", fmt.Errorf("%q is neither json nor text", l.LogFormat))
	}
	return slog.New(slog.NewTextHandler(con.err, opts))
}

var (
	// urlPassword is what stands between the user and the host, also where it is not
	// escaped as it ought to be.
	urlPassword     = regexp.MustCompile(`(://[^/?#@:]*):.*@`)
	keywordPassword = regexp.MustCompile(`password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)`)
)

// masked returns a URL, or a libpq keyword string, without its password.
func masked(text string) string {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		text = u.Redacted()
	} else {
		text = urlPassword.ReplaceAllString(text, "$1:xxxxx@")
	}
	return keywordPassword.ReplaceAllString(text, "password=xxxxx")
}
