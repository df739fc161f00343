using System.Globalization;

namespace LoraHub.Web.Charts;

/// <summary>Numbers as SVG attributes and as people read them.</summary>
static class Chart
{
    public static string Svg(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    /// <summary>Four decimals: losses and weights differ in the third.</summary>
    public static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} %");

    /// <summary>A time as a person says it: 0.8 s, 12 s, 3 min 20 s.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds < 10
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalSeconds):0.0} s")
        : time.TotalMinutes < 1 ? $"{(int)time.TotalSeconds} s"
        : time.TotalHours < 1 ? $"{time.Minutes} min {time.Seconds} s"
        : $"{(int)time.TotalHours} h {time.Minutes} min";

    /// <summary>A moment, to the second.</summary>
    public static string Moment(DateTimeOffset at) => $"{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC";

    /// <summary>At most about so many of the points, evenly, with the first and the last one: a page is sent again while it lives.</summary>
    public static IReadOnlyList<T> Thin<T>(IReadOnlyList<T> points, int most)
    {
        var step = (points.Count + most - 1) / most;
        return step <= 1 ? points : [.. points.Where((_, index) => index % step == 0 || index == points.Count - 1)];
    }

    /// <summary>An amount of data in the largest unit of which it has one.</summary>
    public static string Size(long bytes)
    {
        var (unit, name) = bytes switch
        {
            >= 1L << 30 => (1L << 30, "GiB"),
            >= 1L << 20 => (1L << 20, "MiB"),
            >= 1L << 10 => (1L << 10, "KiB"),
            _ => (1L, "bytes"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / unit:0.#} {name}");
    }

    public static string Date(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
