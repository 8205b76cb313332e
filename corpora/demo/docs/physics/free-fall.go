// 自由落体:物体只在重力作用下、从静止开始的运动。
//
// 不计空气阻力时,重物和轻物下落得一样快。速度 v = g*t,下落高度 h = g*t*t/2。
// 伽利略用斜面做实验,得到了距离与时间的平方成正比这一规律。
package main

import (
	"fmt"
	"math"
)

// 地面附近的重力加速度,单位是米每二次方秒。
const gravity = 9.8

// fallTime 返回从给定高度(米)落到地面所需的时间(秒)。
func fallTime(heightMetres float64) float64 {
	return math.Sqrt(2 * heightMetres / gravity)
}

// impactSpeed 返回落地时的速度(米每秒)。
func impactSpeed(heightMetres float64) float64 {
	return math.Sqrt(2 * gravity * heightMetres)
}

func main() {
	// 20 米高处落下:约 2.02 秒,落地速度约 19.8 米每秒。
	for _, height := range []float64{5, 20, 45, 100} {
		fmt.Printf("%6.1f m  %5.2f s  %5.1f m/s\n", height, fallTime(height), impactSpeed(height))
	}
}
