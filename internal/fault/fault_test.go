package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
)

var errSample = New(Conflict, "sample_taken", "the sample is taken")

func TestCopiesMatchTheirDeclarationByCode(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("reserve: %w", errSample.On("spaces/0").With("closes", "21:00").Because(io.EOF))
	if !errors.Is(err, errSample) {
		t.Error("a wrapped copy does not match its declaration")
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
	if errors.Is(err, ErrInternal) {
		t.Error("a conflict matches internal")
	}
	if errSample.Pointer != "" || errSample.Data != nil {
		t.Errorf("the declaration changed: %+v", errSample)
	}
}

func TestFromAlwaysAnswers(t *testing.T) {
	t.Parallel()
	if got := From(nil); got != nil {
		t.Errorf("From(nil) = %v, want nil", got)
	}
	if got := From(io.EOF); got.Code != "internal" || !errors.Is(got, io.EOF) {
		t.Errorf("From(EOF) = %v, want internal that keeps its cause", got)
	}
	if got := From(fmt.Errorf("x: %w", errSample)); got.Code != "sample_taken" {
		t.Errorf("code = %q, want sample_taken", got.Code)
	}
	for _, given := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := From(fmt.Errorf("read bookings: %w", given)); got.Code != "unavailable" || !errors.Is(got, given) {
			t.Errorf("From(%v) = %v, want unavailable that keeps its cause", given, got)
		}
	}
}

func TestDeclaringACodeTwicePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_ = New(Invalid, "sample_taken", "again")
}
