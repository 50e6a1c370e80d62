//go:build e2e

package harness

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	reader "github.com/makiuchi-d/gozxing/qrcode"
	writer "github.com/skip2/go-qrcode"
)

const sampleCode = "K12400E0820C20A1G7108H44RM2MB1E6000002M03B0KF0R013500000690000005H8KKRVE7GDE8NR5P3R1J0VNE2DW3ZZ114C5BTBW50TGQJ321BMRAFR42YNVQTFZ3QMJXW1TPQBNQJJQY1AAZY01MWQFPCFEZV1YR0M"

// picture draws a code the way the program does.
func picture(t *testing.T) image.Image {
	t.Helper()
	code, err := writer.New(sampleCode, writer.Medium)
	if err != nil {
		t.Fatal(err)
	}
	return code.Image(400)
}

// decode reads the code in a picture, or returns "".
func decode(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := reader.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return ""
	}
	return result.GetText()
}

// TestFilmsCanBeRead holds each defect to a degree at which an old decoder still
// reads the code, and shows that a doorway and a hopeless blur have none.
func TestFilmsCanBeRead(t *testing.T) {
	code := picture(t)
	for name, tt := range map[string]struct {
		take Take
		want string
	}{
		"clean":    {Take{}, sampleCode},
		"rotated":  {Take{Rotate: 20}, sampleCode},
		"small":    {Take{Scale: 0.45}, sampleCode},
		"blurred":  {Take{Blur: 1.5}, sampleCode},
		"noisy":    {Take{Noise: 20}, sampleCode},
		"dark":     {Take{Dark: 0.7}, sampleCode},
		"shifted":  {Take{Scale: 0.6, X: 0.15, Y: -0.1}, sampleCode},
		"tilted":   {Take{Tilt: 0.15}, sampleCode},
		"hopeless": {Take{Blur: 12}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tt.take.Picture, tt.take.Seconds = code, 0.2
			if got := decode(t, secondFrame(t, Film(t, tt.take))); got != tt.want {
				t.Errorf("read %q, want %q", got, tt.want)
			}
		})
	}
	if got := decode(t, secondFrame(t, Film(t, Take{Seconds: 0.2}))); got != "" {
		t.Errorf("read %q in an empty doorway", got)
	}
}

// secondFrame takes a film apart again.
func secondFrame(t *testing.T, film string) image.Image {
	t.Helper()
	raw, err := os.ReadFile(film)
	if err != nil {
		t.Fatal(err)
	}
	frames := bytes.SplitN(raw, []byte("FRAME\n"), 3)
	if len(frames) != 3 {
		t.Fatalf("%d frames in the film, want 2", len(frames)-1)
	}
	return &image.Gray{Pix: frames[2][:filmWidth*filmHeight], Stride: filmWidth, Rect: image.Rect(0, 0, filmWidth, filmHeight)}
}

// TestCameraShowsTheFilm looks through the browser's camera.
func TestCameraShowsTheFilm(t *testing.T) {
	base := local(t)
	browser := StartBrowser(t, Camera(Film(t, Take{Picture: picture(t), Seconds: 3})))
	p := browser.Page(t, base, Look{Screen: Tablet})
	p.Open("/good")
	shot := Eval[string](p, `(async () => {
		const video = document.createElement('video');
		video.srcObject = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 480}});
		await video.play();
		await new Promise(done => video.requestVideoFrameCallback(done));
		const canvas = document.createElement('canvas');
		canvas.width = video.videoWidth; canvas.height = video.videoHeight;
		canvas.getContext('2d').drawImage(video, 0, 0);
		video.srcObject.getTracks().forEach(track => track.stop());
		return canvas.toDataURL('image/png');
	})()`)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shot, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := decode(t, img); got != sampleCode {
		t.Errorf("the camera shows %q, want the code", got)
	}
}
