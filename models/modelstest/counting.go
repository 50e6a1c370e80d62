package modelstest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"kyoten/internal/clock"
	"kyoten/models"
)

// Counting is Open on PostgreSQL behind a wire that counts: count returns how many
// statements the store has sent since it was last asked. On SQLite, which nothing
// lies in front of, the test is skipped.
func Counting(t testing.TB) (store *models.Store, fake *clock.Fake, count func() int) {
	t.Helper()
	store, fake, w := behindWire(t)
	return store, fake, func() int { return int(w.statements.Swap(0)) }
}

// Severing is Open on PostgreSQL behind a wire that can break at the worst moment:
// after sever the answer to the next COMMIT that was done is lost with its
// connection. On SQLite the test is skipped.
func Severing(t testing.TB) (store *models.Store, fake *clock.Fake, sever func()) {
	t.Helper()
	store, fake, w := behindWire(t)
	return store, fake, func() { w.severs.Store(true) }
}

func behindWire(t testing.TB) (*models.Store, *clock.Fake, *wire) {
	t.Helper()
	if !OnPostgres() {
		t.Skip("what lies on the way to PostgreSQL")
	}
	conf, err := pgconn.ParseConfig(URL(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{listener: l}
	w.network, w.address = pgconn.NetworkAddress(conf.Host, conf.Port)
	go w.serve()
	url := fmt.Sprintf("host=%s port=5432 user=%s password='%s' dbname=%s sslmode=disable TimeZone=UTC", dir, conf.User, conf.Password, conf.Database)
	fake := clock.At(Monday)
	store, err := models.Open(t.Context(), url, fake.Now)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, fake, w
}

// wire lies between a client and the server and reads along.
type wire struct {
	listener         net.Listener
	network, address string
	statements       atomic.Int64
	severs           atomic.Bool
}

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return // the test is over
		}
		go w.join(client)
	}
}

func (w *wire) join(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial(w.network, w.address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_ = w.answer(client, server) // ends with either of them
		_ = client.Close()
	}()
	_ = w.follow(client, server)
}

// done is how the server says that a COMMIT was done.
var done = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

// answer hands on what the server says, until it is to be lost.
func (w *wire) answer(client io.Writer, server io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if bytes.Contains(buf[:n], done) && w.severs.CompareAndSwap(true, false) {
			return nil
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return err
		}
		if err != nil {
			return err
		}
	}
}

// follow hands on what a client says. Its first message has no type; of the
// others "Execute" and "Query" run a statement.
func (w *wire) follow(client io.Reader, server io.Writer) error {
	head := make([]byte, 4)
	for first := true; ; first = false {
		if _, err := io.ReadFull(client, head); err != nil {
			return err
		}
		if _, err := server.Write(head); err != nil {
			return err
		}
		length := int64(binary.BigEndian.Uint32(head[len(head)-4:])) - 4
		if !first && (head[0] == 'E' || head[0] == 'Q') {
			w.statements.Add(1)
		}
		if _, err := io.CopyN(server, client, length); err != nil {
			return errors.Join(err, io.ErrUnexpectedEOF)
		}
		if first {
			head = make([]byte, 5)
		}
	}
}
