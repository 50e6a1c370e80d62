package models_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func key(name, body string) models.IdempotencyKey {
	return models.IdempotencyKey{Caller: "member:1", Route: "POST /things", Key: name, BodyHash: body}
}

// write is a request that stores a setting, counts itself and answers status.
func write(store *models.Store, runs *atomic.Int32, status int) func(context.Context) models.Answer {
	return func(ctx context.Context) models.Answer {
		n := runs.Add(1)
		if err := store.SetSetting(ctx, "written", fmt.Sprint(n)); err != nil {
			return models.Answer{Status: 500}
		}
		return models.Answer{Status: status, Headers: map[string]string{"Location": "/x"}, Body: []byte(fmt.Sprint(n))}
	}
}

func TestOnceGivesTheFirstAnswerAgain(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	var runs atomic.Int32
	for range 3 {
		got, err := store.Once(t.Context(), key("a", "body"), write(store, &runs, 201))
		if err != nil || got.Status != 201 || string(got.Body) != "1" || got.Headers["Location"] != "/x" {
			t.Errorf("answer = %+v, %v; want the first one", got, err)
		}
	}
	if _, err := store.Once(t.Context(), key("a", "another"), write(store, &runs, 201)); !errors.Is(err, models.ErrIdempotencyKeyReused) {
		t.Errorf("another body: %v, want ErrIdempotencyKeyReused", err)
	}
	if got, err := store.Once(t.Context(), key("b", "body"), write(store, &runs, 201)); err != nil || string(got.Body) != "2" {
		t.Errorf("another key: %+v, %v; want its own answer", got, err)
	}
}

func TestOnceKeepsRefusalsAndForgetsFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status, wantRuns int
		wantWritten      string
	}{
		"success": {200, 1, "1"},
		"refusal": {409, 1, ""},
		"failure": {500, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, _ := modelstest.Open(t)
			var runs atomic.Int32
			for range 2 {
				if got, err := store.Once(t.Context(), key("a", "body"), write(store, &runs, tt.status)); err != nil || got.Status != tt.status {
					t.Errorf("answer = %d, %v; want %d", got.Status, err, tt.status)
				}
			}
			if int(runs.Load()) != tt.wantRuns {
				t.Errorf("ran %d times, want %d", runs.Load(), tt.wantRuns)
			}
			if written, err := store.Setting(t.Context(), "written"); err != nil || written != tt.wantWritten {
				t.Errorf("written = %q, %v; want %q", written, err, tt.wantWritten)
			}
		})
	}
}

func TestOnceRunsOnceWhenTwentyArriveTogether(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	var runs atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 20 {
		wg.Go(func() {
			<-start
			got, err := store.Once(t.Context(), key("a", "body"), write(store, &runs, 201))
			if err != nil || got.Status != 201 {
				t.Errorf("answer = %+v, %v; want 201", got, err)
			}
		})
	}
	close(start)
	wg.Wait()
	if written, err := store.Setting(t.Context(), "written"); err != nil || written != fmt.Sprint(runs.Load()) || runs.Load() != 1 {
		t.Errorf("ran %d times and wrote %q, %v; want once", runs.Load(), written, err)
	}
}

func TestEncloseRollsBackNestedFailuresAlone(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	refused := errors.New("refused")
	var told []string
	err := store.Enclose(t.Context(), func(ctx context.Context) error {
		for _, name := range []string{"kept", "dropped"} {
			err := store.InTx(ctx, func(tx *models.Store) error {
				tx.AfterCommit(func() { told = append(told, name) })
				if err := tx.SetSetting(ctx, name, "yes"); err != nil {
					return err
				}
				if name == "dropped" {
					return refused
				}
				return nil
			})
			if err != nil && !errors.Is(err, refused) {
				return err
			}
		}
		if seen, err := store.Setting(ctx, "kept"); err != nil || seen != "yes" {
			t.Errorf("inside = %q, %v; want yes", seen, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := store.Setting(t.Context(), "kept")
	dropped, _ := store.Setting(t.Context(), "dropped")
	if kept != "yes" || dropped != "" || len(told) != 1 {
		t.Errorf("kept %q, dropped %q, told %v; want yes, nothing, kept alone", kept, dropped, told)
	}
}

func TestPurgeKeepsAnswersForADay(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	var runs atomic.Int32
	for _, wait := range []time.Duration{25 * time.Hour, 24 * time.Hour} {
		if _, err := store.Once(t.Context(), key("a", "body"), write(store, &runs, 201)); err != nil {
			t.Fatal(err)
		}
		fake.Advance(wait)
		if err := store.PurgeIdempotencyKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Once(t.Context(), key("a", "body"), write(store, &runs, 201)); err != nil || runs.Load() != 2 {
		t.Errorf("ran %d times, %v; want again after two days only", runs.Load(), err)
	}
}
