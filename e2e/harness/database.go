//go:build e2e

package harness

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Databases lists the kinds a test can run on here: SQLite always, PostgreSQL
// when TEST_DATABASE_URL names a server (make test starts one).
func Databases() []string {
	if os.Getenv("TEST_DATABASE_URL") == "" {
		return []string{"sqlite"}
	}
	return []string{"sqlite", "postgres"}
}

var databases atomic.Int64

// FreshDatabase makes an empty database and returns the --database-url for it;
// "" for SQLite, which the program keeps in its data folder.
func FreshDatabase(t testing.TB, kind string) string {
	t.Helper()
	if kind == "sqlite" {
		return ""
	}
	server := os.Getenv("TEST_DATABASE_URL")
	config, err := pgx.ParseConfig(server)
	if err != nil {
		t.Fatalf("TEST_DATABASE_URL: %v", err)
	}
	name := fmt.Sprintf("e2e_%d_%d", os.Getpid(), databases.Add(1))
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })

	query := url.Values{"host": {config.Host}, "port": {strconv.Itoa(int(config.Port))}, "user": {config.User}}
	if config.Password != "" {
		query.Set("password", config.Password)
	}
	return "postgres:///" + name + "?" + query.Encode()
}

// execute runs one statement on the PostgreSQL server.
func execute(t testing.TB, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}
